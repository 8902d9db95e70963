/**
 * Block Kit's limits (chat.md section 8): what is wrong with these blocks, in Slack's own words with
 * a JSON pointer, so that the app's handling of `response_metadata.messages` meets the real thing.
 */
import { isJson } from './arguments.ts';
import type { Json } from './state.ts';

/** (?) Facts from user reports: a test may turn them. */
export interface BlockLimits {
  readonly totalCharacters: number;
  readonly actionId: number;
}

export const BLOCK_LIMITS: BlockLimits = { totalCharacters: 12_000, actionId: 255 };

/** Longest text of each kind of block that holds one. */
const TEXT_LIMITS: Readonly<Record<string, number>> = { section: 3000, header: 150, alert: 3000 };

const KNOWN = new Set(
  'section header context divider actions image markdown rich_text plan task_card table card alert container input video context_actions'.split(
    ' ',
  ),
);

interface Found {
  readonly problems: string[];
  characters: number;
  markdown: number;
  readonly limits: BlockLimits;
}

function text(found: Found, at: string, value: unknown, longest: number, plain = false): void {
  if (!isJson(value) || typeof value.text !== 'string') {
    found.problems.push(`[ERROR] missing required field: text [json-pointer:${at}]`);
    return;
  }
  if (value.type !== 'plain_text' && (plain || value.type !== 'mrkdwn'))
    found.problems.push(
      `[ERROR] unsupported type: ${String(value.type)} [json-pointer:${at}/type]`,
    );
  found.characters += value.text.length;
  if (value.text.length === 0)
    found.problems.push(`[ERROR] must be more than 0 characters [json-pointer:${at}/text]`);
  if (value.text.length > longest)
    found.problems.push(
      `[ERROR] must be less than ${longest + 1} characters [json-pointer:${at}/text]`,
    );
}

function short(found: Found, at: string, value: unknown, longest: number): void {
  if (value === undefined) return;
  if (typeof value !== 'string')
    found.problems.push(`[ERROR] must be a string [json-pointer:${at}]`);
  else if (value.length > longest)
    found.problems.push(`[ERROR] must be less than ${longest + 1} characters [json-pointer:${at}]`);
}

function element(found: Found, at: string, value: Json): void {
  short(found, `${at}/action_id`, value.action_id, found.limits.actionId);
  if (value.type === 'button') {
    text(found, `${at}/text`, value.text, 75, true);
    short(found, `${at}/value`, value.value, 2000);
    short(found, `${at}/url`, value.url, 3000);
    if (value.style !== undefined && value.style !== 'primary' && value.style !== 'danger')
      found.problems.push(`[ERROR] must be a valid enum value [json-pointer:${at}/style]`);
  }
  const options = list(value.options);
  const most = value.type === 'overflow' ? 5 : 100;
  if (options.length > most)
    found.problems.push(`[ERROR] no more than ${most} items allowed [json-pointer:${at}/options]`);
  for (const [index, option] of options.entries()) {
    text(found, `${at}/options/${index}/text`, option.text, 75);
    short(found, `${at}/options/${index}/value`, option.value, 150);
  }
}

const list = (value: unknown): readonly Json[] =>
  Array.isArray(value) ? value.filter(isJson) : [];

function elements(found: Found, at: string, block: Json, most: number): void {
  const inside = list(block.elements);
  if (inside.length === 0)
    found.problems.push(`[ERROR] no fewer than 1 items allowed [json-pointer:${at}/elements]`);
  if (inside.length > most)
    found.problems.push(`[ERROR] no more than ${most} items allowed [json-pointer:${at}/elements]`);
  const ids = new Set<unknown>();
  for (const [index, one] of inside.entries()) {
    if (one.type === 'mrkdwn' || one.type === 'plain_text')
      text(found, `${at}/elements/${index}`, one, 3000);
    else element(found, `${at}/elements/${index}`, one);
    if (one.action_id !== undefined && ids.has(one.action_id))
      found.problems.push(
        `[ERROR] \`action_id\` ${JSON.stringify(one.action_id)} already exists [json-pointer:${at}/elements/${index}/action_id]`,
      );
    ids.add(one.action_id);
  }
}

function section(found: Found, at: string, block: Json): void {
  const fields = list(block.fields);
  if (block.text === undefined && fields.length === 0)
    found.problems.push(`[ERROR] missing required field: text [json-pointer:${at}]`);
  if (block.text !== undefined) text(found, `${at}/text`, block.text, 3000);
  if (fields.length > 10)
    found.problems.push(`[ERROR] no more than 10 items allowed [json-pointer:${at}/fields]`);
  for (const [index, field] of fields.entries()) text(found, `${at}/fields/${index}`, field, 2000);
  if (isJson(block.accessory)) element(found, `${at}/accessory`, block.accessory);
}

/** Every text below, in blocks that we do not know by heart. */
function countDeep(found: Found, value: unknown): void {
  if (Array.isArray(value)) for (const each of value) countDeep(found, each);
  else if (isJson(value))
    for (const [key, each] of Object.entries(value)) {
      if (typeof each === 'string') found.characters += key === 'text' ? each.length : 0;
      else countDeep(found, each);
    }
}

function block(found: Found, at: string, value: Json): void {
  const kind = String(value.type);
  if (!KNOWN.has(kind)) {
    found.problems.push(`[ERROR] unsupported type: ${kind} [json-pointer:${at}/type]`);
    return;
  }
  short(found, `${at}/block_id`, value.block_id, 255);
  if (kind === 'section') section(found, at, value);
  else if (kind === 'actions') elements(found, at, value, 25);
  else if (kind === 'context') elements(found, at, value, 10);
  else if (kind === 'header')
    text(found, `${at}/text`, value.text, TEXT_LIMITS.header ?? 150, true);
  else if (kind === 'markdown') {
    const said = typeof value.text === 'string' ? value.text.length : 0;
    if (said === 0)
      found.problems.push(`[ERROR] missing required field: text [json-pointer:${at}]`);
    found.markdown += said;
    found.characters += said;
  } else if (kind === 'container') {
    const children = list(value.child_blocks);
    if (children.length > 10)
      found.problems.push(
        `[ERROR] no more than 10 items allowed [json-pointer:${at}/child_blocks]`,
      );
    for (const [index, child] of children.entries())
      block(found, `${at}/child_blocks/${index}`, child);
  } else countDeep(found, value);
}

export type BlocksVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly error: 'invalid_blocks'; readonly messages: readonly string[] }
  | { readonly ok: false; readonly error: 'invalid_blocks_format' | 'msg_blocks_too_long' };

/** `most`: 50 in a message, 100 in a view. */
export function checkBlocks(
  blocks: unknown,
  most = 50,
  limits: BlockLimits = BLOCK_LIMITS,
): BlocksVerdict {
  if (!Array.isArray(blocks) || !blocks.every(isJson))
    return { ok: false, error: 'invalid_blocks_format' };
  const found: Found = { problems: [], characters: 0, markdown: 0, limits };
  if (blocks.length > most)
    found.problems.push(`[ERROR] no more than ${most} items allowed [json-pointer:/blocks]`);
  const ids = new Set<unknown>();
  for (const [index, each] of blocks.entries()) {
    block(found, `/blocks/${index}`, each);
    if (each.block_id !== undefined && ids.has(each.block_id))
      found.problems.push(
        `[ERROR] \`block_id\` ${JSON.stringify(each.block_id)} already exists [json-pointer:/blocks/${index}/block_id]`,
      );
    ids.add(each.block_id);
  }
  if (found.markdown > 12_000)
    found.problems.push(
      '[ERROR] markdown blocks: no more than 12000 characters [json-pointer:/blocks]',
    );
  if (found.problems.length > 0)
    return { ok: false, error: 'invalid_blocks', messages: found.problems };
  if (most === 50 && found.characters > limits.totalCharacters)
    return { ok: false, error: 'msg_blocks_too_long' };
  return { ok: true };
}
