/**
 * One turn as one message, or as a few when the answer is long: header, plan, steps, answer; once it
 * has ended the answer comes first, and plan and steps are folded below all of it. What does not fit
 * is counted and said, never dropped without a word.
 */
import type { KnownBlock } from '@slack/types';
import type { TurnState, TurnView } from '../../core/model/transcript.ts';
import type { ResolvedView } from '../../core/ports/surface.ts';
import { splitMarkdown } from '../../core/transcript/split.ts';
import { elapsed, turnText } from '../../core/transcript/text.ts';
import { canRetry, count, earlyEnd, placeInLine, usageText } from '../../core/transcript/words.ts';
import {
  context,
  cut,
  fitted,
  MOST_PIECES,
  mrkdwnSection,
  PIECE_LIMIT,
  TEXT_LIMIT,
  type LiveTurn,
  type SessionStatus,
  type SlackBody,
} from './body.ts';
import { askerOf } from '../address.ts';
import { escape, plainLine, safeMarkdown, toMrkdwn } from './mrkdwn.ts';
import { planBlocks, planLines, stepLines, tasksOf } from './steps.ts';

type View = Extract<ResolvedView, { kind: 'turn' }>;

/** No event for so long in a working turn is said. */
const QUIET_MS = 60_000;
const REASON_LIMIT = 1_500;
const HOW = { limit: PIECE_LIMIT, most: MOST_PIECES, continued: '', continues: '' } as const;

const STATES: Readonly<Record<TurnState, { mark: string; word: string; status: SessionStatus }>> = {
  queued: { mark: '🕓', word: 'queued', status: 'processing' },
  preparing: { mark: '📦', word: 'preparing environment', status: 'processing' },
  working: { mark: '⏳', word: 'working', status: 'processing' },
  waiting: { mark: '✋', word: 'waiting for you', status: 'suspended' },
  stopping: { mark: '⏹️', word: 'stopping', status: 'processing' },
  done: { mark: '✅', word: 'done', status: 'active' },
  failed: { mark: '❌', word: 'failed', status: 'active' },
  stopped: { mark: '⏹️', word: 'stopped', status: 'active' },
  interrupted: { mark: '⚠️', word: 'interrupted', status: 'active' },
  cancelled: { mark: '🚫', word: 'cancelled', status: 'active' },
};

/** `wholeUrl`: where all of it can be read, if anywhere. */
export function renderTurn(
  view: View,
  now: number,
  wholeUrl: string | undefined,
): readonly [SlackBody, ...SlackBody[]] {
  const { turn } = view;
  const { parts, left } = splitMarkdown(turnText(turn), HOW);
  const [first, ...more] = parts;
  const below = (index: number): Below => {
    if (index < more.length) return { notes: [], folded: [] };
    return {
      notes: left > 0 ? [leftOut(left, wholeUrl)] : [],
      folded: turn.endedAt === null ? [] : planBlocks(turn),
    };
  };
  return [
    firstBody(view, now, first.text, below(0), wholeUrl),
    ...more.map(({ text }, index) => nextBody(text, below(index + 1))),
  ];
}

/** What ends a turn's last message. */
interface Below {
  readonly notes: readonly string[];
  readonly folded: readonly KnownBlock[];
}

function firstBody(
  view: View,
  now: number,
  piece: string,
  { notes, folded }: Below,
  wholeUrl: string | undefined,
): SlackBody {
  const { turn, transcript } = view;
  const header = headerOf(view, now, wholeUrl);
  const end = endOf(turn);
  const notices = noticesOf(turn);
  const blocks: KnownBlock[] = [
    context(header),
    ...origin(turn),
    ...(turn.endedAt === null ? liveSteps(turn) : []),
    ...notices.map(context),
    ...markdown(piece),
    ...[...end, ...notes].map(context),
    ...folded,
  ];
  const text = [header, ...notices, toMrkdwn(piece), ...end]
    .filter((part) => part !== '')
    .join('\n');
  const { status } = STATES[turn.state];
  return {
    text: cut(text, TEXT_LIMIT),
    blocks: fitted(blocks),
    status: transcript.ended ? 'closed' : status,
    ...askerOf(turn.actor),
    ...(isLive(view) ? { live: liveOf(turn, piece) } : {}),
  };
}

/** What the agent, or we, said beside the answer: a line each. */
const NOTICE_LIMIT = 300;
const VISIBLE_NOTICES = 3;

function noticesOf({ parts }: TurnView): readonly string[] {
  const all = parts.flatMap((part) => (part.type === 'notice' ? [part.text] : []));
  const shown = all.slice(-VISIBLE_NOTICES);
  const earlier = all.length - shown.length;
  return [
    ...(earlier > 0 ? [`_${earlier} earlier ${earlier === 1 ? 'notice' : 'notices'}_`] : []),
    ...shown.map((text) => `ℹ️ ${plainLine(cut(text, NOTICE_LIMIT))}`),
  ];
}

function liveSteps(turn: TurnView): readonly KnownBlock[] {
  const plan = planLines(turn.plan);
  const steps = stepLines(turn);
  return [...(plan === '' ? [] : [mrkdwnSection(plan)]), ...(steps === '' ? [] : [context(steps)])];
}

/** One that waits for another turn would be a stream in which nothing happens, and dies. */
function isLive({ turn, transcript }: View): boolean {
  if (turn.endedAt !== null) return false;
  if (turn.state !== 'queued') return true;
  const others = [...transcript.turns.values()];
  return turn.position === 1 && others.every((other) => other.endedAt !== null || other === turn);
}

function liveOf(turn: TurnView, piece: string): LiveTurn {
  const { word } = STATES[turn.state];
  const state = { id: 'state', title: word, status: 'in_progress' } as const;
  return { markdown: safeMarkdown(piece), tasks: [state, ...tasksOf(turn)] };
}

function nextBody(piece: string, { notes, folded }: Below): SlackBody {
  const blocks = [context('_continued_'), ...markdown(piece), ...notes.map(context), ...folded];
  return { text: cut(toMrkdwn(piece), TEXT_LIMIT), blocks: fitted(blocks) };
}

const markdown = (piece: string): readonly KnownBlock[] =>
  piece.trim() === '' ? [] : [{ type: 'markdown', text: safeMarkdown(piece) }];

function leftOut(characters: number, wholeUrl: string | undefined): string {
  const number = count(characters);
  return wholeUrl === undefined
    ? `${number} more characters are not shown here; the session's log has them.`
    : `${number} more characters are on <${wholeUrl}|the session's page>.`;
}

function headerOf({ turn, transcript }: View, now: number, wholeUrl: string | undefined): string {
  const { mark, word } = STATES[turn.state];
  const parts = [`${mark} *${plainLine(transcript.agentName)}*`, word];
  const place = placeInLine(turn, transcript);
  if (place !== undefined) parts.push(place);
  if (transcript.queuePaused && turn.state === 'queued') parts.push('the queue is paused');
  if (turn.startedAt !== null) parts.push(elapsed((turn.endedAt ?? now) - turn.startedAt));
  const silent = now - turn.lastEventAt;
  if (turn.state === 'working' && silent >= QUIET_MS) parts.push(`quiet for ${elapsed(silent)}`);
  if (wholeUrl !== undefined) parts.push(`<${wholeUrl}|session page>`);
  return parts.join(' · ');
}

/** A prompt that came from elsewhere is on no message of this thread, so it is quoted. */
function origin(turn: TurnView): readonly KnownBlock[] {
  if (turn.actor.surface === 'slack') return [];
  const who = `${plainLine(turn.actor.name)} · ${plainLine(turn.actor.surface)}`;
  return [context(`> ${plainLine(cut(turn.text, 300))}\n${who}`)];
}

function endOf(turn: TurnView): readonly string[] {
  const reason = turn.reason ?? earlyEnd(turn);
  const usage = turn.endedAt === null ? '' : plainLine(usageText(turn.usage));
  return [
    ...(reason === undefined ? [] : [`⚠️ ${escape(cut(reason, REASON_LIMIT))}`]),
    ...(canRetry(turn) ? ['Mention me with `retry` to run it again.'] : []),
    ...(usage === '' ? [] : [usage]),
  ];
}
