/** One session as a person looks at it: its page, older turns, and what is behind a line. */
import { randomUUID } from 'node:crypto';
import type { Caller } from '../../core/model/actor.ts';
import { AppError } from '../../core/model/errors.ts';
import type { SessionId } from '../../core/model/ids.ts';
import type { Transcript, TurnView } from '../../core/model/transcript.ts';
import type { Html } from '../renderers/html.ts';
import { renderAsks, renderSession, type ShownTurns } from '../renderers/session-page.ts';
import {
  firstShown,
  renderPart,
  renderParts,
  sessionTurn,
  turnOrder,
  type PermissionButtons,
} from '../renderers/session-turn.ts';
import type { TurnShown } from '../renderers/turn-frame.ts';
import type { SeenSession, SessionReader } from '../session-reader.ts';
import type { ShownPages } from '../sent-turns.ts';
import type { ThreadReader } from '../thread-reader.ts';

export interface SessionPageDeps {
  readonly seen: SessionReader;
  readonly reader: Pick<ThreadReader, 'list'>;
  readonly buttons: PermissionButtons;
  readonly shown: ShownPages;
  readonly script: string;
}

/** Turns that the page shows at once: as many as have few parts together, and at least one. */
const SHOWN = { turns: 20, parts: 200 } as const;

/** The turns that have begun or were taken out of the queue, in that order. */
export function begunTurns({ turns }: Transcript): readonly TurnView[] {
  return [...turns.values()]
    .filter(({ state }) => state !== 'queued')
    .toSorted((a, b) => turnOrder({ turn: a }) - turnOrder({ turn: b }));
}

/** Requests that wait for somebody, of turns or of none. */
export function pendingViews({ session, transcript }: SeenSession) {
  const { id: sessionId } = session;
  return [...transcript.permissions.values()]
    .filter(({ outcome }) => outcome === null)
    .map((permission) => ({ kind: 'permission', sessionId, permission, transcript }) as const);
}

function shownTurns(
  { session, transcript }: SeenSession,
  buttons: PermissionButtons,
  before: string | undefined,
): ShownTurns {
  const all = begunTurns(transcript);
  const end = before === undefined ? all.length : all.findIndex((turn) => turn.promptId === before);
  if (end < 0) throw new AppError('not_found', 'There is no such turn in this session.');
  let from = end;
  let parts = 0;
  while (from > 0 && end - from < SHOWN.turns && (from === end || parts < SHOWN.parts)) {
    from -= 1;
    parts += all[from]?.parts.length ?? 0;
  }
  const first = all[from];
  return {
    turns: all.slice(from, end).map((turn) => {
      const view = { kind: 'turn', sessionId: session.id, turn, transcript } as const;
      return sessionTurn(view, buttons, firstShown(view, turn.parts.length));
    }),
    earlier: from > 0 && first !== undefined ? { count: from, before: first.promptId } : null,
  };
}

/** What a session is called: its own title, or how its first prompt begins. */
function titleOf({ session, transcript }: SeenSession): string {
  const [first] = transcript.turns.values();
  const line = transcript.title ?? first?.text.trim().split('\n', 1)[0] ?? '';
  const title = line.trim() === '' ? `Session of ${session.agentName}` : line.trim();
  return title.length > 120 ? `${title.slice(0, 119)}…` : title;
}

/** The turn that may go on, and how many parts it has: what the page folds of it stays folded. */
function newestOf(transcript: Transcript): string {
  const turn = begunTurns(transcript).at(-1);
  return turn === undefined ? '' : `${turn.promptId}:${turn.parts.length}`;
}

/** `before`: id of a turn; only what came before it is shown, and not live. */
export async function sessionPage(
  deps: SessionPageDeps,
  caller: Caller,
  id: string,
  before: string | undefined,
): Promise<string> {
  const seen = await deps.seen.session(caller, id);
  const { session, transcript } = seen;
  const [status, threads, list] = await Promise.all([
    deps.seen.status(caller, session),
    deps.seen.threads(session),
    deps.reader.list(caller),
  ]);
  const turns = shownTurns(seen, deps.buttons, before);
  const cursor = { seq: transcript.seq, newest: newestOf(transcript) };
  if (before === undefined) deps.shown.remember(`${session.id} ${cursor.seq}`, turns.turns);
  return renderSession({
    script: deps.script,
    list,
    help: null,
    session,
    ...status,
    title: titleOf(seen),
    threads,
    turns,
    deliveryId: randomUUID(),
    asks: renderAsks(before === undefined ? pendingViews(seen) : [], deps.buttons.approvalUrl),
    cursor: before === undefined ? cursor : null,
  });
}

/** The turns before another, for the page's script. */
export async function earlierTurns(
  deps: SessionPageDeps,
  caller: Caller,
  id: string,
  before: string,
): Promise<{ id: SessionId; turns: ShownTurns }> {
  const seen = await deps.seen.session(caller, id);
  return { id: seen.session.id, turns: shownTurns(seen, deps.buttons, before) };
}

/**
 * Of `steps`, `3` is what is behind the line of step 3, `0-24` are the lines of these steps; of
 * `parts`, `0-100` is all from part 0 to before part 100.
 */
export async function turnPart(
  deps: SessionPageDeps,
  caller: Caller,
  address: {
    readonly id: string;
    readonly prompt: string;
    readonly what: string;
    readonly range: string;
  },
): Promise<{ id: SessionId; part: Html }> {
  const { session, transcript } = await deps.seen.session(caller, address.id);
  const turn = [...transcript.turns.values()].find(({ promptId }) => promptId === address.prompt);
  const [, from, to] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(address.range) ?? [];
  const part =
    turn === undefined || from === undefined
      ? null
      : partOf(
          deps,
          { kind: 'turn', sessionId: session.id, turn, transcript },
          { what: address.what, from: Number(from), to: to === undefined ? undefined : Number(to) },
        );
  if (part === null) throw new AppError('not_found', 'There is no such step in this session.');
  return { id: session.id, part };
}

function partOf(
  { buttons }: SessionPageDeps,
  view: TurnShown,
  range: { readonly what: string; readonly from: number; readonly to: number | undefined },
): Html | null {
  const { what, from, to } = range;
  if (what === 'steps') return renderPart(view, from, to);
  return what === 'parts' && to !== undefined ? renderParts(view, buttons, from, to) : null;
}
