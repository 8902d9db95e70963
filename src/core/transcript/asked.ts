/** What every surface reads out of the raw tool call that a permission is asked for. */
import type { DiffContent, PermissionView } from '../model/transcript.ts';
import { record, records, text, type RawRecord } from './raw.ts';
import { untold } from './told.ts';
import { answerWord } from './words.ts';

const inputOf = ({ asked }: PermissionView): RawRecord => record(asked['rawInput']) ?? {};

const DIRECTORY = /^(cwd|workdir|directory)$/i;
/** What can be read to the letter in a line of small print; any other is a field like the rest. */
const PLAIN_PATH = /^(?=.{1,200}$)[^\s`]+(?: [^\s`]+)*$/;

const isDirectory = ([key, value]: readonly [string, unknown]): boolean =>
  DIRECTORY.test(key) && PLAIN_PATH.test(text(value) ?? '');

/** The working directory, where the agent names one. */
export function directoryOf(permission: PermissionView): string | undefined {
  return text(Object.entries(inputOf(permission)).find(isDirectory)?.[1]);
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

export function subjectOf(permission: PermissionView): Subject {
  const { command, content, locations } = permission.toolCall;
  const title = permission.toolCall.title.trim();
  const diffs = content.filter((part) => part.type === 'diff');
  const texts = content.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  const told = [...(command === undefined ? [] : [command]), ...diffs.map(({ path }) => path)];
  return {
    title: told.some((each) => saysNoMore(title, each)) ? '' : title,
    command,
    places: locations
      .map(({ path }) => path)
      .filter((path) => !title.includes(path) && !diffs.some((diff) => diff.path === path)),
    diffs,
    texts: [
      ...inputTexts(permission, diffs, texts),
      ...texts.filter((each) => each.trim() !== '' && each !== command),
    ],
  };
}

/** What the raw input says besides: a time limit, an environment, another file than the diff's. */
function inputTexts(
  permission: PermissionView,
  diffs: readonly DiffContent[],
  texts: readonly string[],
): readonly string[] {
  const { asked, toolCall } = permission;
  const raw = asked['rawInput'] ?? {};
  const input = record(raw);
  if (Object.keys(raw).length === 0) return [];
  const { command, title } = toolCall;
  const isAll = command === undefined && diffs.length === 0;
  if (isAll || input === undefined) return [JSON.stringify(raw, null, 2)];
  const paths = [...records(asked['content']), ...records(asked['locations'])].flatMap(
    ({ path }) => text(path) ?? [],
  );
  const rest = untold(input, {
    command,
    diffs,
    words: [title, ...texts, ...paths, ...diffs.map(({ path }) => path)],
    directory: Object.entries(input).find(isDirectory)?.[0],
  });
  return rest.length === 0 ? [] : [rest.join('\n')];
}

/** A title that is `said`, its beginning, or a word or two around it: "Edit src/a.ts". */
function saysNoMore(title: string, said: string): boolean {
  const plain = title.replaceAll('`', '').replace(/(?:…|\.\.\.)$/, '');
  if (plain.length > 0 && said.startsWith(plain)) return true;
  if (!plain.includes(said)) return false;
  return plain.replace(said, ' ').trim().split(/\s+/).length <= 2;
}

/** Whether the option's own words add to `answerWord`: the agent offered several of this kind, or one for longer. */
export function optionAdds({ options, outcome }: PermissionView): boolean {
  const option = outcome?.option;
  if (!option) return false;
  const alike = options.filter(({ kind }) => kind === option.kind).length > 1;
  return alike || (option.kind.endsWith('_always') && option.name !== answerWord(option.kind));
}
