/**
 * The card of a request by somebody without write access. Invariant: what can be let run by a tick
 * stands there whole, and each box is bound to that text.
 */
import type { OutsiderRequest } from '../../core/model/message.ts';
import { hiddenCharacters } from '../../core/transcript/text.ts';
import { taskLine } from './marker.ts';
import { block, code, prose } from './neutral.ts';

export const CHOICES = {
  readOnly: { id: 'read-only', label: 'Run read-only' },
  run: { id: 'run', label: 'Run' },
  ignore: { id: 'ignore', label: 'Ignore' },
} as const;

export type ChoiceId = (typeof CHOICES)[keyof typeof CHOICES]['id'];

/** A text longer than this is not let run by a tick: nobody reads it whole on a card. */
const READABLE = 10_000;

/** The opaque token of a box. */
export type MintChoice = (request: OutsiderRequest, choice: ChoiceId) => string;

/** `edited`: after it had been shown. */
export function renderOutsider(
  request: OutsiderRequest,
  edited: boolean,
  mint: MintChoice,
): string {
  const { name, text } = request;
  const who = prose(name, 60);
  const isWhole = text.length <= READABLE;
  const { readOnly, run, ignore } = CHOICES;
  const choices = isWhole ? [readOnly, run, ignore] : [ignore];
  const boxes = choices.map(({ id, label }) => taskLine(`**${label}**`, mint(request, id)));
  return [
    `### 🙋 ${who} has no write access here, so nothing runs yet`,
    edited
      ? '⚠️ It was edited after it had been shown. This is what it says now; please decide again.'
      : 'A maintainer decides. This is what was asked, and what would run:',
    block(hiddenCharacters(text.slice(0, READABLE))),
    ...(isWhole
      ? []
      : [
          `_It goes on: this is too long (${text.length.toLocaleString('en-US')} characters) to be let run by a tick. A maintainer can ask for the same in their own words._`,
        ]),
    boxes.join('\n'),
    ...(isWhole
      ? [
          `Tick a box, or write \`/ok-to-run\` or \`/ok-to-run read-only\`. Read-only: whatever would change something is refused by itself. The agent runs on our server, without a sandbox.`,
        ]
      : []),
  ].join('\n\n');
}

export type OutsiderEnd = ChoiceId | 'gone';

const ENDS: Readonly<Record<OutsiderEnd, (by: string) => string>> = {
  'read-only': (by) => `✅ **${by}** let it run read-only`,
  run: (by) => `✅ **${by}** let it run`,
  ignore: (by) => `🚫 **${by}** decided that it does not run`,
  gone: () => '🚫 It was deleted or taken back, so nothing runs',
};

/** What became of it, without boxes. */
export function renderOutsiderEnd(
  { name, text }: Pick<OutsiderRequest, 'name' | 'text'>,
  end: OutsiderEnd,
  by: string,
): string {
  return `${ENDS[end](prose(by, 60))}. Asked by ${prose(name, 60)}: ${code(text)}`;
}
