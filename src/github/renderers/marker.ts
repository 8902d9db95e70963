/**
 * What a comment of ours carries unseen at its end: which message it is, and a signature over what
 * it says. A person with write access can edit our comments; a tick counts only on the text that we
 * wrote. No `--` may be within an HTML comment, so `-` is written otherwise.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

const MARKER = /\n*<!-- threadcast:([A-Za-z0-9_.!~*'()%]+) ([A-Za-z0-9_~]+) -->\s*$/;
const TASK = /^(\s*- \[)[ xX](\] .*<!-- answer:([A-Za-z0-9_.~]+) -->)\s*$/;

const encode = (text: string): string => encodeURIComponent(text).replaceAll('-', '%2D');
const noDashes = (text: string): string => text.replaceAll('-', '~');

/** A token within an HTML comment at the end of a task line. */
export const taskLine = (label: string, token: string): string =>
  `- [ ] ${label} <!-- answer:${noDashes(token)} -->`;

export interface Marks {
  /** The body as it is posted. */
  sign(key: string, body: string): string;
  /** The key of the message; undefined when it carries none. Says nothing about who wrote it. */
  keyOf(text: string | null | undefined): string | undefined;
  /** It says, boxes aside, what we wrote. */
  isGenuine(text: string): boolean;
}

export function createMarks(signingKey: Uint8Array): Marks {
  const signature = (key: string, body: string): string =>
    createHmac('sha256', signingKey)
      .update(`threadcast comment 1\n${key}\n${plain(body)}`)
      .digest('base64url')
      .replaceAll('-', '~');
  return {
    sign: (key, body) => `${body}\n\n<!-- threadcast:${encode(key)} ${signature(key, body)} -->`,
    keyOf: (text) => parse(text ?? '')?.key,
    isGenuine: (text) => {
      const parsed = parse(text);
      if (parsed === undefined) return false;
      const right = Buffer.from(signature(parsed.key, parsed.body));
      const given = Buffer.from(parsed.signature);
      return right.length === given.length && timingSafeEqual(right, given);
    },
  };
}

function parse(text: string) {
  const found = MARKER.exec(text.replaceAll('\r\n', '\n'));
  if (found === null) return undefined;
  const [, key = '', signature = ''] = found;
  const body = text.replaceAll('\r\n', '\n').slice(0, found.index);
  try {
    return { key: decodeURIComponent(key), signature, body };
  } catch {
    return undefined;
  }
}

/** Boxes unticked, and without what GitHub's editor does to line ends. */
function plain(body: string): string {
  const lines = body.replaceAll('\r\n', '\n').trimEnd().split('\n');
  return lines.map((line) => line.replace(TASK, '$1 $2').trimEnd()).join('\n');
}

/** Tokens of all boxes, ticked or not. */
export const tokensIn = (body: string): readonly string[] => [...ticks(body).keys()];

/** Tokens of boxes that are ticked in `to` and were not in `from`, where they may be gone already. */
export function newlyTicked(from: string, to: string): readonly string[] {
  const before = ticks(from);
  return [...ticks(to)].flatMap(([token, ticked]) =>
    ticked && before.get(token) !== true ? [token] : [],
  );
}

/** Tokens of the boxes, and whether they are ticked. */
function ticks(body: string): ReadonlyMap<string, boolean> {
  const found = new Map<string, boolean>();
  for (const line of body.replaceAll('\r\n', '\n').split('\n')) {
    const token = TASK.exec(line)?.[3];
    if (token === undefined) continue;
    found.set(token.replaceAll('~', '-'), !/^\s*- \[ \]/.test(line));
  }
  return found;
}
