/**
 * What of a tool call's raw input nobody sees yet where its command, its diffs and its texts are
 * shown. Invariant: a field is left out only when what it says stands there already, to the letter;
 * where in doubt it is shown.
 */
import type { DiffContent } from '../model/transcript.ts';
import { diffLines } from './diff.ts';
import { list, record, type RawRecord } from './raw.ts';
import { commandOf } from './tool-call.ts';

export interface Shown {
  readonly command: string | undefined;
  readonly diffs: readonly DiffContent[];
  /** Title, texts and paths, as the agent wrote them. */
  readonly words: readonly string[];
  /** The field that is shown as the working directory. */
  readonly directory: string | undefined;
}

/** `timeout: 600000`: a line for each field that says more than `shown`. */
export function untold(input: RawRecord, shown: Shown): readonly string[] {
  const rest = Object.entries(input).filter(
    ([key, value]) => key !== shown.directory && !isTold(key, value, shown),
  );
  return rest.map(([key, value]) => `${word(key)}: ${word(value)}`);
}

/** On one line, so that no value can look like another field. */
function word(value: unknown): string {
  const isPlain = typeof value === 'string' && value !== '' && !/[\n\r"]|^\s|\s$/.test(value);
  return isPlain ? value : JSON.stringify(value);
}

const COMMANDS = /^(command|cmd|commands)$/;
/** Texts of an edit, as agents name them. */
const EDITS =
  /^((old|new)_?(string|str|text|source)|file_?text|contents?|text|diff|patch|unified_?diff)$/i;
const COUNTS = /^(additions|deletions)$/;

function isTold(key: string, value: unknown, shown: Shown): boolean {
  if (value === null || value === '') return true;
  if (COMMANDS.test(key) && shown.command !== undefined) {
    return commandOf({ [key]: value }) === shown.command;
  }
  const items = list(value);
  if (items !== undefined) return items.every((item) => isTold(key, item, shown));
  const fields = record(value);
  if (fields !== undefined) {
    return Object.entries(fields).every(
      ([name, inner]) =>
        (/^\w+$/.test(name) || shown.words.includes(name)) && isTold(name, inner, shown),
    );
  }
  if (typeof value !== 'string') return shown.diffs.length > 0 && COUNTS.test(key);
  return shown.words.includes(value) || (EDITS.test(key) && isInDiffs(value, shown));
}

function isInDiffs(text: string, { diffs, words }: Shown): boolean {
  if (diffs.some((diff) => diff.newText === text || diff.oldText === text)) return true;
  const changes = changesOf(text, words);
  return (
    changes !== undefined &&
    changes.join('\n') ===
      diffs
        .flatMap((diff) => diffLines(diff).lines)
        .filter((line) => /^[+-]/.test(line))
        .join('\n')
  );
}

const HEAD =
  /^(?:@@ .*|Index: .*|=+|\\ .*|(?:new|create) file mode 100644|index [\da-f]+\.\.[\da-f]+|)$/;
const PATHS = /^(?:---|\+\+\+|diff --git) (\S+)(?: (\S+))?$/;

/** The lines that a unified diff of these paths changes; undefined: it says something else as well. */
function changesOf(text: string, paths: readonly string[]): readonly string[] | undefined {
  const isKnown = (path: string): boolean => {
    const bare = path.replace(/^[ab]\//, '');
    return (
      /^\/?dev\/null$/.test(bare) || [path, bare, `/${bare}`].some((one) => paths.includes(one))
    );
  };
  const lines = text.split('\n').filter((line) => {
    const named = (PATHS.exec(line) ?? []).slice(1).filter((path) => path !== undefined);
    const isHead = (named.length > 0 && named.every(isKnown)) || HEAD.test(line);
    return !isHead && !line.startsWith(' ');
  });
  return lines.every((line) => /^[+-]/.test(line)) && lines.length > 0 ? lines : undefined;
}
