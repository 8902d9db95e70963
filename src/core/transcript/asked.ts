/** What every surface reads out of the raw tool call that a permission is asked for. */
import type { DiffContent, PermissionView } from '../model/transcript.ts';
import { answerWord } from './words.ts';

/** Raw input as text, for a request that names no command and shows no diff. */
function readable(input: unknown): readonly string[] {
  if (typeof input !== 'object' || input === null || Object.keys(input).length === 0) return [];
  return [JSON.stringify(input, null, 2)];
}

/** The working directory, where the agent names one. */
export function directoryOf({ asked }: PermissionView): string | undefined {
  const input = asked['rawInput'];
  if (typeof input !== 'object' || input === null) return undefined;
  const named = Object.entries(input).find(([key]) => /^(cwd|workdir|directory)$/i.test(key));
  return typeof named?.[1] === 'string' ? named[1] : undefined;
}

/** All of what would be done, each thing once, in the order in which it is shown. */
export interface Subject {
  /** What the agent calls it; empty when that says no more than the rest. */
  readonly title: string;
  readonly command: string | undefined;
  readonly places: readonly string[];
  readonly diffs: readonly DiffContent[];
  readonly texts: readonly string[];
}

export function subjectOf({ toolCall, asked }: PermissionView): Subject {
  const { command, content, locations } = toolCall;
  const title = toolCall.title.trim();
  const diffs = content.filter((part) => part.type === 'diff');
  // Without a command or a diff, only the raw input says what the title may not.
  const raw = command === undefined && diffs.length === 0 ? readable(asked['rawInput']) : [];
  const texts = content.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  const told = [...(command === undefined ? [] : [command]), ...diffs.map(({ path }) => path)];
  return {
    title: told.some((text) => saysNoMore(title, text)) ? '' : title,
    command,
    places: locations
      .map(({ path }) => path)
      .filter((path) => !title.includes(path) && !diffs.some((diff) => diff.path === path)),
    diffs,
    texts: [...raw, ...texts.filter((text) => text.trim() !== '' && text !== command)],
  };
}

/** A title that is `text`, its beginning, or a word or two around it: "Edit src/a.ts". */
function saysNoMore(title: string, text: string): boolean {
  const plain = title.replaceAll('`', '').replace(/(?:…|\.\.\.)$/, '');
  if (plain.length > 0 && text.startsWith(plain)) return true;
  if (!plain.includes(text)) return false;
  return plain.replace(text, ' ').trim().split(/\s+/).length <= 2;
}

/** Whether the option's own words add to `answerWord`: the agent offered several of this kind, or one for longer. */
export function optionAdds({ options, outcome }: PermissionView): boolean {
  const option = outcome?.option;
  if (!option) return false;
  const alike = options.filter(({ kind }) => kind === option.kind).length > 1;
  return alike || (option.kind.endsWith('_always') && option.name !== answerWord(option.kind));
}
