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

const KNOWN = new Set(
  'section header context divider actions image markdown rich_text plan task_card table card alert container input video context_actions'.split(
    ' ',
  ),
);
/** What may stand in a container. */
const INSIDE = new Set(
  'actions context divider header image input rich_text section table video'.split(' '),
);
const TASK_STATES = new Set<unknown>(['pending', 'in_progress', 'complete', 'error']);

interface Found {
  readonly problems: string[];
  readonly inView: boolean;
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
  most(found, `${at}/options`, options.length, value.type === 'overflow' ? 5 : 100);
  for (const [index, option] of options.entries()) {
    text(found, `${at}/options/${index}/text`, option.text, 75);
    short(found, `${at}/options/${index}/value`, option.value, 150);
  }
}

const list = (value: unknown): readonly Json[] =>
  Array.isArray(value) ? value.filter(isJson) : [];

function elements(found: Found, at: string, block: Json, limit: number): void {
  const inside = list(block.elements);
  if (inside.length === 0)
    found.problems.push(`[ERROR] no fewer than 1 items allowed [json-pointer:${at}/elements]`);
  most(found, `${at}/elements`, inside.length, limit);
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
  most(found, `${at}/fields`, fields.length, 10);
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

const most = (found: Found, at: string, count: number, limit: number): void => {
  if (count > limit)
    found.problems.push(`[ERROR] no more than ${limit} items allowed [json-pointer:${at}]`);
};

const needs = (found: Found, at: string, block: Json, name: string): void => {
  if (typeof block[name] !== 'string' || block[name] === '')
    found.problems.push(`[ERROR] missing required field: ${name} [json-pointer:${at}]`);
};

function taskCard(found: Found, at: string, task: Json): void {
  needs(found, at, task, 'task_id');
  needs(found, at, task, 'title');
  if (!TASK_STATES.has(task.status))
    found.problems.push(`[ERROR] must be a valid enum value [json-pointer:${at}/status]`);
  countDeep(found, task);
}

function container(found: Found, at: string, value: Json): void {
  if (value.rich_text_title === undefined) text(found, `${at}/title`, value.title, 150, true);
  const children = list(value.child_blocks);
  most(found, `${at}/child_blocks`, children.length, 10);
  for (const [index, child] of children.entries()) {
    const below = `${at}/child_blocks/${index}`;
    if (INSIDE.has(String(child.type))) block(found, below, child);
    else
      found.problems.push(
        `[ERROR] unsupported type: ${String(child.type)} [json-pointer:${below}]`,
      );
  }
}

function card(found: Found, at: string, value: Json): void {
  const isEmpty = ['hero_image', 'title', 'actions', 'body'].every(
    (name) => value[name] === undefined,
  );
  if (isEmpty) found.problems.push(`[ERROR] missing required field: body [json-pointer:${at}]`);
  if (value.title !== undefined) text(found, `${at}/title`, value.title, 150);
  if (value.subtitle !== undefined) text(found, `${at}/subtitle`, value.subtitle, 150);
  if (value.body !== undefined) text(found, `${at}/body`, value.body, 200);
  for (const [index, one] of list(value.actions).entries())
    element(found, `${at}/actions/${index}`, one);
}

function table(found: Found, at: string, value: Json): void {
  const rows: readonly unknown[] = Array.isArray(value.rows) ? value.rows : [];
  most(found, `${at}/rows`, rows.length, 100);
  for (const [index, row] of rows.entries())
    most(found, `${at}/rows/${index}`, Array.isArray(row) ? row.length : 0, 20);
  countDeep(found, rows);
}

function markdown(found: Found, at: string, value: Json): void {
  needs(found, at, value, 'text');
  const said = typeof value.text === 'string' ? value.text.length : 0;
  found.markdown += said;
  found.characters += said;
}

const CHECKS: Readonly<Record<string, (found: Found, at: string, value: Json) => void>> = {
  section,
  container,
  card,
  table,
  markdown,
  task_card: taskCard,
  actions: (found, at, value) => elements(found, at, value, 25),
  context: (found, at, value) => elements(found, at, value, 10),
  context_actions: (found, at, value) => elements(found, at, value, 5),
  header: (found, at, value) => text(found, `${at}/text`, value.text, 150, true),
  alert: (found, at, value) => text(found, `${at}/text`, value.text, 3000),
  plan: (found, at, value) => {
    needs(found, at, value, 'title');
    for (const [index, task] of list(value.tasks).entries())
      taskCard(found, `${at}/tasks/${index}`, task);
  },
  input: (found, at, value) => {
    if (!found.inView)
      found.problems.push(`[ERROR] unsupported type: input [json-pointer:${at}/type]`);
    text(found, `${at}/label`, value.label, 2000, true);
    if (isJson(value.element)) element(found, `${at}/element`, value.element);
    else found.problems.push(`[ERROR] missing required field: element [json-pointer:${at}]`);
  },
};

function block(found: Found, at: string, value: Json): void {
  const kind = String(value.type);
  if (!KNOWN.has(kind)) {
    found.problems.push(`[ERROR] unsupported type: ${kind} [json-pointer:${at}/type]`);
    return;
  }
  short(found, `${at}/block_id`, value.block_id, 255);
  const check = CHECKS[kind];
  if (check === undefined) countDeep(found, value);
  else check(found, at, value);
}

export type BlocksVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly error: 'invalid_blocks'; readonly messages: readonly string[] }
  | { readonly ok: false; readonly error: 'invalid_blocks_format' | 'msg_blocks_too_long' };

/** At most 50 in a message, 100 in a view. */
export function checkBlocks(
  blocks: unknown,
  where: 'message' | 'view' = 'message',
  limits: BlockLimits = BLOCK_LIMITS,
): BlocksVerdict {
  if (!Array.isArray(blocks) || !blocks.every(isJson))
    return { ok: false, error: 'invalid_blocks_format' };
  const inView = where === 'view';
  const found: Found = { problems: [], inView, characters: 0, markdown: 0, limits };
  most(found, '/blocks', blocks.length, inView ? 100 : 50);
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
  if (!inView && found.characters > limits.totalCharacters)
    return { ok: false, error: 'msg_blocks_too_long' };
  return { ok: true };
}
