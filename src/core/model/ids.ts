/**
 * Ids. Branded strings: an id of one thing cannot be passed for another.
 *
 * Shape: `<prefix>_<26 characters of Crockford base32>`; the first ten characters are the
 * millisecond of minting, so ids of one kind sort by age.
 */

declare const brand: unique symbol;
type Id<Name extends string> = string & { readonly [brand]: Name };

/** Our durable session. */
export type SessionId = Id<'SessionId'>;
/** One prompt, and the turn that it becomes: a turn has the id of its prompt. */
export type PromptId = Id<'PromptId'>;
/** One permission request of an agent. */
export type RequestId = Id<'RequestId'>;
/** One chat thread, known to us by its ThreadRef. */
export type ThreadId = Id<'ThreadId'>;
/** One process that may own sessions and outbound accounts. */
export type HolderId = Id<'HolderId'>;
/** One API token (never the secret itself). */
export type TokenId = Id<'TokenId'>;

interface IdKinds {
  readonly s: SessionId;
  readonly p: PromptId;
  readonly r: RequestId;
  readonly t: ThreadId;
  readonly h: HolderId;
  readonly k: TokenId;
}
export type IdPrefix = keyof IdKinds;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

function encode(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) out += ALPHABET[byte & 31];
  return out;
}

function encodeTime(ms: number): string {
  let out = '';
  let rest = ms;
  for (let i = 0; i < 10; i += 1) {
    out = ALPHABET[rest % 32] + out;
    rest = Math.floor(rest / 32);
  }
  return out;
}

/** The only place that makes a new id. `now` is milliseconds since the epoch. */
export function mintId<P extends IdPrefix>(prefix: P, now: number): IdKinds[P] {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return `${prefix}_${encodeTime(now)}${encode(random)}` as IdKinds[P];
}

/**
 * The id that belongs to a cause (a delivery id, an idempotency key): the same cause always gives
 * the same id, so doing the work twice inserts nothing twice. Scope the cause by its owner, or two
 * owners meet in one id.
 */
export async function deriveId<P extends IdPrefix>(prefix: P, cause: string): Promise<IdKinds[P]> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(cause));
  return `${prefix}_${encode(new Uint8Array(digest).subarray(0, 26))}` as IdKinds[P];
}

const SHAPE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/**
 * Takes an id from outside (a URL, a row, a client's own session id); undefined when it cannot be
 * one. Client-made ids need not have our prefix: 1 to 128 of `A-Z a-z 0-9 . _ -`.
 */
export function parseId<P extends IdPrefix>(_prefix: P, text: string): IdKinds[P] | undefined {
  return SHAPE.test(text) ? (text as IdKinds[P]) : undefined;
}
