/** Notices that are read from the transcript: words of ours about a request or a turn. */
import type { Actor } from '../model/actor.ts';
import type { PermissionView, TurnView } from '../model/transcript.ts';
import { plainName, quote } from './plain.ts';
import { elapsed } from './text.ts';
import { answerWord, closedBecause } from './words.ts';

export interface Spoken {
  readonly tone: 'info' | 'error';
  readonly markdown: string;
  /** Whom it must reach, where they are known on the surface. */
  readonly mention?: Actor | undefined;
  /** It will read otherwise later. */
  readonly isOpen: boolean;
}

/** A request that nobody has answered for half of its time, or what became of it. */
export function reminderOf(
  permission: PermissionView,
  agentName: string,
  asker: Actor | undefined,
): Spoken {
  const { code, toolCall, outcome } = permission;
  const what = `${quote(toolCall.command ?? toolCall.title)} (\`${code}\`)`;
  if (outcome !== null) {
    return { tone: 'info', markdown: `${what} ${outcomeText(outcome)}.`, isOpen: false };
  }
  const left = elapsed(permission.expiresAt - (permission.remindedAt ?? permission.expiresAt));
  const markdown = `**${plainName(agentName)}** still waits for an answer: ${what}. Answer above, or with \`approve ${code}\` or \`deny ${code}\`. Without an answer it is refused in ${left}.`;
  return { tone: 'info', markdown, mention: asker, isOpen: true };
}

export type Outcome = NonNullable<PermissionView['outcome']>;

/** How a request ended, to go on after its name. */
export function outcomeText({ kind, option, by, reason }: Outcome): string {
  switch (kind) {
    case 'selected':
      return `was ${answerWord(option?.kind).toLowerCase()} by ${plainName(by.name)}`;
    case 'expired':
      return 'expired: nobody answered in time, so it was refused';
    case 'cancelled':
      return `was closed unanswered: ${closedBecause(reason)}`;
  }
}

/** A text that came too late for its turn. `command`: how the offer is taken by typing. */
export function editOf({ edit }: TurnView): Spoken | undefined {
  if (edit === undefined) return undefined;
  if (edit.takenBy !== null) {
    const markdown = `${plainName(edit.takenBy.name)} runs it again with the edit.`;
    return { tone: 'info', markdown, isOpen: false };
  }
  const markdown = `${plainName(edit.by.name)} edited the message after its turn had begun, so the edit is not used: ${quote(edit.text)}. \`${RUN_EDIT}\` runs it again with the edit.`;
  return { tone: 'info', markdown, isOpen: false };
}

export const RUN_EDIT = 'retry edited';
