/**
 * The live stream of a session page:
 *
 *   event: turn    {id, order, state, announce, pieces}   the turn's pieces by id; others are gone
 *   event: piece   {turn, id, order, html}                the whole piece
 *
 * `id:` is the sequence of the newest event that was sent. A turn that no event has touched since
 * then is not looked at; of one that goes on, only the pieces that read otherwise are sent.
 */
import type { SSEStreamingApi } from 'hono/streaming';
import type { Caller } from '../../core/model/actor.ts';
import type { SessionId } from '../../core/model/ids.ts';
import type { TurnView } from '../../core/model/transcript.ts';
import { createRegions, REGION_INTERVAL_MS, runLive, type LiveDeps } from '../live.ts';
import { renderBadge, renderQueue, renderThreads } from '../renderers/regions.ts';
import { renderFacts } from '../renderers/session-facts.ts';
import { renderAsks } from '../renderers/session-page.ts';
import { framesOf } from '../sent-turns.ts';
import { firstShown, sessionTurn, type SessionTurn } from '../renderers/session-turn.ts';
import { begunTurns, pendingViews, type SessionPageDeps } from './sessions.ts';

export type SessionStreamDeps = LiveDeps & SessionPageDeps;

export interface SessionWatcher {
  readonly caller: Caller;
  readonly sessionId: SessionId;
  /** Sequence of the newest event that the page shows. */
  readonly after: number;
  /** `id:parts` of the newest turn that the page had when it was made. */
  readonly newest: string;
}

const TURN_INTERVAL_MS = 50;
/** What was just sent costs its reader time: a millisecond for so many characters. */
const CHARACTERS_A_MS = 500;

/** Resolves when the reader is gone. */
export function runSessionStream(
  deps: SessionStreamDeps,
  sse: SSEStreamingApi,
  who: SessionWatcher,
): Promise<void> {
  const wakes = [{ topic: 'session', id: who.sessionId }] as const;
  const turns = createTurnWork(deps, sse, who);
  return runLive(deps, sse, [
    { run: turns.run, intervalMs: turns.intervalMs, wakes },
    { run: createRegionWork(deps, sse, who), intervalMs: () => REGION_INTERVAL_MS, wakes },
    {
      run: createListWork(deps, sse, who),
      intervalMs: () => REGION_INTERVAL_MS,
      wakes: [{ topic: 'hosted' }],
    },
  ]);
}

function createTurnWork(deps: SessionStreamDeps, sse: SSEStreamingApi, who: SessionWatcher) {
  const { caller, sessionId } = who;
  const sent = deps.shown.take(`${sessionId} ${who.after}`);
  /** As they were looked at last. */
  const views = new Map<string, TurnView>();
  const [newest, parts] = who.newest.split(':');
  const newestParts = Number(parts) || 0;
  let lastSent = 0;

  const send = async (turn: SessionTurn, seq: number): Promise<void> => {
    for (const frame of framesOf(turn)) {
      if (!sent.isNews(frame)) continue;
      lastSent += frame.json.length;
      await sse.writeSSE({ event: frame.event, id: String(seq), data: frame.json });
    }
  };

  return {
    intervalMs: () => TURN_INTERVAL_MS + lastSent / CHARACTERS_A_MS,
    run: async (): Promise<void> => {
      const { transcript } = await deps.seen.session(caller, sessionId);
      lastSent = 0;
      const turns = begunTurns(transcript);
      const newestAt = turns.findIndex(({ promptId }) => promptId === newest);
      for (const [index, turn] of turns.entries()) {
        if (turn.version <= who.after || views.get(turn.promptId) === turn) continue;
        views.set(turn.promptId, turn);
        const view = { kind: 'turn', sessionId, turn, transcript } as const;
        // What the page folded when it was made stays folded, and nothing more is.
        const after = index < newestAt ? turn.parts.length : 0;
        const from = firstShown(view, index === newestAt ? newestParts : after);
        await send(sessionTurn(view, deps.buttons, from), transcript.seq);
      }
    },
  };
}

function createRegionWork(deps: SessionStreamDeps, sse: SSEStreamingApi, who: SessionWatcher) {
  const send = createRegions(sse);
  return async (): Promise<void> => {
    const { caller, sessionId } = who;
    const seen = await deps.seen.session(caller, sessionId);
    const { session } = seen;
    const { state, queue } = await deps.seen.status(caller, session);
    await send('badge', renderBadge({ state, agentName: session.agentName, sessionId: null }).html);
    await send('queue', renderQueue(queue).html);
    await send('asks', renderAsks(pendingViews(seen), deps.buttons.approvalUrl).html);
    await send('facts', renderFacts(session, await deps.seen.threads(session)).html);
  };
}

function createListWork(deps: SessionStreamDeps, sse: SSEStreamingApi, { caller }: SessionWatcher) {
  const send = createRegions(sse);
  return async (): Promise<void> =>
    send('threads', renderThreads(await deps.reader.list(caller), null).html);
}
