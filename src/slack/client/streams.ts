/**
 * Native streams of direct messages. Invariant: a stream is only a faster way to show a message that
 * the outbox owns: whatever goes wrong with it, the caller edits the same message instead.
 *
 * Calls for one message never overlap: the outbox has one attempt under way for each. A stream is
 * ended after four minutes, before Slack ends it, and the message goes on by edits: a second
 * stream would be a second message for one turn.
 */
import { keepNewest } from '../../core/platforms/keep-newest.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Place } from '../address.ts';
import type { LiveTurn, StreamTask } from '../renderers/body.ts';
import type { CallFailure } from './calls.ts';
import type { Workspaces } from './workspaces.ts';

export type Started =
  | { readonly kind: 'started'; readonly ts: string }
  /** Not streamed, and certainly nothing there. */
  | { readonly kind: 'impossible' }
  | { readonly kind: 'failed'; readonly failure: CallFailure };

export interface Streams {
  start(place: Place, live: LiveTurn): Promise<Started>;
  /** False: this message cannot be streamed (any more), edit it. */
  append(place: Place, ts: string, live: LiveTurn): Promise<boolean | CallFailure>;
  /** Ends it if it is live, so that the message can be edited. Never fails. */
  end(place: Place, ts: string): Promise<void>;
  isLive(place: Place, ts: string): boolean;
}

const ROTATE_MS = 4 * 60_000;
/** After a refusal a workspace is not asked again for so long. */
const REST_MS = 60 * 60_000;
/** Of one call. */
const TEXT_LIMIT = 12_000;
/** Those of a thread that another process took over are never heard of again. */
const MOST_KEPT = 1_000;

interface Stream {
  readonly startedAt: number;
  sent: string;
  readonly tasks: Map<string, string>;
}

type Chunk =
  | { readonly type: 'markdown_text'; readonly text: string }
  | ({ readonly type: 'task_update' } & StreamTask);

export function createStreams(deps: {
  readonly workspaces: Workspaces;
  readonly clock: Clock;
}): Streams {
  const { workspaces, clock } = deps;
  const streams = new Map<string, Stream>();
  const restingUntil = new Map<string, number>();
  const keyOf = (place: Place, ts: string): string => `${place.team}/${place.channel}/${ts}`;

  const end = async (place: Place, ts: string): Promise<void> => {
    streams.delete(keyOf(place, ts));
    await workspaces.call(place.team, 'chat.stopStream', { channel: place.channel, ts });
  };

  return {
    async start(place, live) {
      const { team, channel, thread } = place;
      if ((restingUntil.get(team) ?? 0) > clock.now()) return { kind: 'impossible' };
      const stream: Stream = { startedAt: clock.now(), sent: '', tasks: new Map() };
      const chunks = newsOf(stream, live) ?? [];
      const answer = await workspaces.call(team, 'chat.startStream', {
        channel,
        thread_ts: thread,
        task_display_mode: 'timeline',
        chunks,
      });
      if (!answer.ok) {
        const rest = restAfter(answer.failure);
        if (rest === undefined) return { kind: 'failed', failure: answer.failure };
        restingUntil.set(team, clock.now() + rest);
        return { kind: 'impossible' };
      }
      const ts = String(answer.data['ts']);
      keepNewest(streams, keyOf(place, ts), stream, MOST_KEPT);
      return { kind: 'started', ts };
    },

    async append(place, ts, live) {
      const stream = streams.get(keyOf(place, ts));
      if (stream === undefined) return false;
      const isOld = clock.now() - stream.startedAt >= ROTATE_MS;
      const before = { sent: stream.sent, tasks: new Map(stream.tasks) };
      const chunks = isOld ? undefined : newsOf(stream, live);
      if (chunks === undefined) {
        await end(place, ts);
        return false;
      }
      if (chunks.length === 0) return true;
      const { team, channel } = place;
      const answer = await workspaces.call(team, 'chat.appendStream', { channel, ts, chunks });
      if (answer.ok) return true;
      stream.sent = before.sent;
      stream.tasks.clear();
      for (const [id, seen] of before.tasks) stream.tasks.set(id, seen);
      if (answer.failure.kind === 'throttled') return answer.failure;
      await end(place, ts);
      return false;
    },

    end,
    isLive: (place, ts) => streams.has(keyOf(place, ts)),
  };
}

/** Few streams may be begun in a minute; undefined: a stream may have begun, nobody knows. */
function restAfter(failure: CallFailure): number | undefined {
  if (failure.kind === 'throttled') return failure.retryAfterMs;
  return failure.kind === 'said' ? REST_MS : undefined;
}

/**
 * What a stream does not show yet, noted as sent; undefined when it is not a continuation, or too
 * much for one call.
 */
function newsOf(stream: Stream, live: LiveTurn): readonly Chunk[] | undefined {
  if (!live.markdown.startsWith(stream.sent)) return undefined;
  const text = live.markdown.slice(stream.sent.length);
  if (text.length > TEXT_LIMIT) return undefined;
  const tasks = live.tasks.filter((task) => stream.tasks.get(task.id) !== seenAs(task));
  stream.sent = live.markdown;
  for (const task of tasks) stream.tasks.set(task.id, seenAs(task));
  return [
    ...tasks.map((task): Chunk => ({ type: 'task_update', ...task })),
    ...(text === '' ? [] : [{ type: 'markdown_text', text } as const]),
  ];
}

const seenAs = ({ title, status }: StreamTask): string => `${status} ${title}`;
