/**
 * What a ToolCall reads after one more raw ACP tool call, update or permission request about it.
 * Agents send these partial, twice, out of order and without what they said before (acp.md,
 * quirks): a field that is absent keeps its value, a status never goes back, and a diff stays
 * until another diff of the same file replaces it.
 */
import type { ToolCall, ToolContent } from '../model/transcript.ts';
import { list, number, record, records, text, type RawRecord } from './raw.ts';

const KINDS: ReadonlySet<string> = new Set(
  'read edit delete move search execute think fetch switch_mode other'.split(' '),
);
/** How far a call has come; a late or repeated update cannot take it back. */
const PROGRESS: ReadonlyMap<string, number> = new Map([
  ['pending', 0],
  ['in_progress', 1],
  ['completed', 2],
  ['failed', 2],
  ['cancelled', 2],
]);

export function isOpen(call: ToolCall): boolean {
  return call.status === 'pending' || call.status === 'in_progress';
}

export function mergeToolCall(
  known: ToolCall | undefined,
  toolCallId: string,
  raw: RawRecord,
  cwd: string | null,
): ToolCall {
  const kind = mergedKind(known?.kind, text(raw['kind']));
  const content = mergedContent(known?.content ?? [], raw, cwd);
  const input = filled(record(raw['rawInput']));
  const command = kind === 'execute' ? commandOf(input) : undefined;
  const locations = list(raw['locations']) === undefined ? undefined : locationsOf(raw, cwd);
  return {
    toolCallId,
    title: text(raw['title']) || known?.title || text(raw['name']) || toolCallId,
    kind,
    status: mergedStatus(known?.status, text(raw['status'])),
    content,
    locations: locations ?? known?.locations ?? [],
    command: command ?? known?.command,
    ...optional(input ?? known?.input),
  };
}

/** Agents begin with an empty input and say it whole later. */
function filled(input: RawRecord | undefined): RawRecord | undefined {
  return input !== undefined && Object.keys(input).length > 0 ? input : undefined;
}

const optional = (input: RawRecord | undefined): Pick<ToolCall, 'input'> =>
  input === undefined ? {} : { input };

function mergedKind(known: string | undefined, next: string | undefined): string {
  if (next !== undefined && KINDS.has(next) && next !== 'other') return next;
  return known ?? 'other';
}

function mergedStatus(known: string | undefined, next: string | undefined): string {
  const current = known ?? 'pending';
  const to = next === undefined ? undefined : PROGRESS.get(next);
  if (next === undefined || to === undefined) return current;
  // One end may replace another: `cancelled` is only our guess when the turn ended.
  return to >= (PROGRESS.get(current) ?? 0) ? next : current;
}

/** Short where it can be: people know the workspace. */
function shownPath(path: string, cwd: string | null): string {
  return cwd !== null && path.startsWith(`${cwd}/`) ? path.slice(cwd.length + 1) : path;
}

function locationsOf(raw: RawRecord, cwd: string | null): ToolCall['locations'] {
  return records(raw['locations']).flatMap((location) => {
    const path = text(location['path']);
    return path === undefined
      ? []
      : [{ path: shownPath(path, cwd), line: number(location['line']) }];
  });
}

/** The command that a raw input names, as it would be typed. */
export function commandOf(input: RawRecord | undefined): string | undefined {
  const value = input?.['command'] ?? input?.['cmd'];
  const argv = list(value);
  if (argv !== undefined) return argv.map((word) => shellWord(String(word))).join(' ');
  return text(value) ?? lines(input?.['commands']);
}

function lines(value: unknown): string | undefined {
  const found = (list(value) ?? []).flatMap((line) => text(line) ?? []);
  return found.length === 0 ? undefined : found.join('\n');
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function mergedContent(
  known: readonly ToolContent[],
  raw: RawRecord,
  cwd: string | null,
): readonly ToolContent[] {
  const sent = list(raw['content']);
  let content = known;
  if (sent !== undefined)
    content = replaced(
      known,
      records(sent).map((item) => contentOf(item, cwd)),
    );
  for (const output of terminalOutputs(record(raw['_meta']))) content = appended(content, output);
  if (content.some((item) => item.type === 'text' || item.type === 'terminal')) return content;
  const output = outputText(raw['rawOutput']);
  return output === undefined ? content : [...content, { type: 'text', text: output }];
}

/** ACP replaces the list as a whole; diffs and terminal output outlive that. */
function replaced(
  known: readonly ToolContent[],
  sent: readonly ToolContent[],
): readonly ToolContent[] {
  const again = new Map<string, ToolContent>();
  for (const item of known) if (item.type === 'terminal') again.set(item.terminalId, item);
  const paths = new Set(sent.flatMap((item) => (item.type === 'diff' ? [item.path] : [])));
  const terminals = new Set(
    sent.flatMap((item) => (item.type === 'terminal' ? [item.terminalId] : [])),
  );
  const kept = known.filter(
    (item) =>
      (item.type === 'diff' && !paths.has(item.path)) ||
      (item.type === 'terminal' && !terminals.has(item.terminalId)),
  );
  const next = sent.map((item) =>
    item.type === 'terminal' ? (again.get(item.terminalId) ?? item) : item,
  );
  return [...kept, ...next];
}

function contentOf(item: RawRecord, cwd: string | null): ToolContent {
  const type = text(item['type']);
  if (type === 'diff') {
    return {
      type,
      path: shownPath(text(item['path']) ?? '', cwd),
      oldText: text(item['oldText']) ?? null,
      newText: text(item['newText']) ?? '',
    };
  }
  if (type === 'terminal') return { type, terminalId: text(item['terminalId']) ?? '', output: '' };
  const block = record(item['content']) ?? {};
  const said = text(block['text']);
  if (type === 'content' && block['type'] === 'text' && said !== undefined) {
    return { type: 'text', text: said };
  }
  return { type: 'other', label: blockLabel(block) };
}

/** Names a content block that is not text: `image (image/png)`, `resource (file:///a.txt)`. */
export function blockLabel(block: RawRecord): string {
  const detail =
    text(block['mimeType']) ?? text(block['uri']) ?? text(record(block['resource'])?.['uri']);
  const type = text(block['type']) ?? 'content';
  return detail === undefined ? type : `${type} (${detail})`;
}

interface TerminalOutput {
  readonly terminalId: string;
  readonly data: string;
}

/** Codex sends `terminal_output_delta`, pi `terminal_output`; both mean: append this. */
function terminalOutputs(meta: RawRecord | undefined): readonly TerminalOutput[] {
  return [meta?.['terminal_output_delta'], meta?.['terminal_output']].flatMap((value) => {
    const output = record(value);
    const terminalId = text(output?.['terminal_id']);
    const data = text(output?.['data']);
    return terminalId === undefined || data === undefined ? [] : [{ terminalId, data }];
  });
}

function appended(
  content: readonly ToolContent[],
  { terminalId, data }: TerminalOutput,
): readonly ToolContent[] {
  const at = content.findIndex(
    (item) => item.type === 'terminal' && item.terminalId === terminalId,
  );
  const before = content[at];
  if (before?.type !== 'terminal')
    return [...content, { type: 'terminal', terminalId, output: data }];
  return content.with(at, { ...before, output: before.output + data });
}

/** Some agents say what came out only in `rawOutput` (Cline, pi): its text, if it has one. */
function outputText(raw: unknown, depth = 4): string | undefined {
  if (depth === 0) return undefined;
  if (typeof raw === 'string') return raw === '' ? undefined : raw;
  const found = list(raw);
  if (found !== undefined) {
    const said = found.flatMap((item) => outputText(item, depth - 1) ?? []);
    return said.length === 0 ? undefined : said.join('\n');
  }
  const output = record(raw);
  for (const key of ['output', 'stdout', 'result', 'content', 'text', 'error', 'message']) {
    const said = output === undefined ? undefined : outputText(output[key], depth - 1);
    if (said !== undefined) return said;
  }
  return undefined;
}
