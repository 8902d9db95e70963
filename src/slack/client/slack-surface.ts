/**
 * Slack as a Surface. A message is posted with its key as metadata, so one of unknown outcome is
 * found again; what Slack finds wrong with a message is answered by a plainer one.
 */
import type { PageLinks } from '../../core/access/page-links.ts';
import type { ThreadRef } from '../../core/model/thread.ts';
import { keepNewest } from '../../core/platforms/keep-newest.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type {
  CallKind,
  NamedBudget,
  ResolvedView,
  SendResult,
  Surface,
} from '../../core/ports/surface.ts';
import { isDirect, permalinkOf, placeOf, SURFACE, type Place } from '../address.ts';
import { readBody, writeBody, type SlackBody } from '../renderers/body.ts';
import { renderNotice, type MintOffer } from '../renderers/notice.ts';
import { renderPermission, type MintToken } from '../renderers/permission.ts';
import { renderTurn } from '../renderers/turn.ts';
import { sendFailureOf } from './failures.ts';
import { findByKey } from './find.ts';
import { createMessages } from './messages.ts';
import { endReaction, type Reactions } from './reactions.ts';
import type { SessionStatuses } from './session-status.ts';
import type { Streams } from './streams.ts';
import type { Workspaces } from './workspaces.ts';

export interface SlackSurfaceDeps {
  readonly workspaces: Workspaces;
  readonly streams: Streams;
  readonly statuses: SessionStatuses;
  readonly reactions: Reactions;
  readonly mintToken: MintToken;
  readonly mintOffer: MintOffer;
  /** To our own pages, when people can reach them. */
  readonly links?: PageLinks | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Something that is on somebody's Home tab changed in this workspace. */
  readonly onChanged: (team: string) => void;
}

/** Methods of tiers 3 and 4 in a minute, and what a channel takes. */
const BUDGETS = {
  update: { burst: 10, perMinute: 50 },
  stream: { burst: 20, perMinute: 100 },
  post: { burst: 100, perMinute: 400 },
  channel: { burst: 3, perMinute: 60 },
  replies: { burst: 10, perMinute: 50 },
  reactions: { burst: 10, perMinute: 45 },
} as const;

/** Keys of what a thread is told when its session was closed begin so. */
const END_OF_SESSION = 'session.terminated:';

/** The reaction on what asked for a turn, beside the message of the turn. */
const REACTION = 'reaction';
const MOST_TOLD = 5_000;

export function createSlackSurface(deps: SlackSurfaceDeps): Surface {
  const { workspaces, streams, statuses, reactions } = deps;
  const messages = createMessages(deps);

  const tell = createTell(deps.onChanged);
  const show = createShow(statuses);

  return {
    name: SURFACE,
    budget: { burst: 120, perMinute: 900 },
    budgetsOf,
    progressInterval,
    render: (view, now, mirror) => {
      if (mirror === REACTION) return view.kind === 'turn' ? endReaction(view.turn) : '';
      const [first, ...more] = render(view, now, deps);
      return [writeBody(first), ...more.map(writeBody)];
    },

    mirrors: (view) => (hasReaction(view) ? [REACTION] : []),

    async post(thread, key, text, _signal, mirror) {
      const place = placeOf(thread);
      if (mirror === REACTION) return reactions.end(place, text);
      const body = readBody(text);
      if (body.live !== undefined && isDirect(place.channel)) {
        const started = await streams.start(place, body.live);
        show(place, body);
        deps.onChanged(place.team);
        if (started.kind === 'started') return { ok: true, value: started.ts };
        if (started.kind === 'failed') return failed(started.failure);
      }
      const posted = await messages.post(place, key, body);
      deps.onChanged(place.team);
      show(place, body, key);
      return posted.ok ? { ok: true, value: String(posted.data['ts']) } : failed(posted.failure);
    },

    async edit(thread, externalId, text, _signal, facet) {
      const place = placeOf(thread);
      // A turn ends once, and so does its reaction.
      if (facet?.mirror === REACTION) return DONE;
      const body = readBody(text);
      show(place, body);
      tell(place, externalId, body);
      if (streams.isLive(place, externalId)) {
        const appended =
          body.live === undefined ? false : await streams.append(place, externalId, body.live);
        if (appended === true) return DONE;
        if (appended !== false) return failed(appended);
        if (streams.isLive(place, externalId)) await streams.end(place, externalId);
      }
      const edited = await messages.update(place, externalId, facet?.key, body);
      return edited.ok ? DONE : failed(edited.failure);
    },

    threadUrl: async (thread) => {
      const place = placeOf(thread);
      return permalinkOf(place, (await workspaces.of(place.team)).url);
    },

    async find(thread, key, _signal, mirror) {
      if (mirror === REACTION) return { ok: true, value: null };
      const place = placeOf(thread);
      return findByKey(workspaces, place, key, (ts) => streams.isLive(place, ts));
    },
  };
}

/** Brings the thread's status in line with what one of its messages says. Never fails. */
const createShow =
  (statuses: SessionStatuses) =>
  (place: Place, body: SlackBody, key?: string): void => {
    const status = key?.startsWith(END_OF_SESSION) === true ? 'closed' : body.status;
    if (status === 'answered') void statuses.answered(place);
    else if (status !== undefined) void statuses.show(place, status);
  };

/** Tells of an edit that says something else of its session than the message did before. */
function createTell(onChanged: (team: string) => void) {
  const told = new Map<string, SlackBody['status']>();
  return ({ team, channel }: Place, ts: string, { status }: SlackBody): void => {
    const id = `${team}/${channel}/${ts}`;
    if (status !== undefined && told.get(id) === status) return;
    keepNewest(told, id, status, MOST_TOLD);
    onChanged(team);
  };
}

function hasReaction(view: ResolvedView): boolean {
  if (view.kind !== 'turn' || view.turn.endedAt === null) return false;
  const { actor, state } = view.turn;
  // One that never ran was taken back, perhaps for an edit of the same message.
  return actor.surface === SURFACE && state !== 'cancelled';
}

const DONE: SendResult<null> = { ok: true, value: null };

const failed = (failure: Parameters<typeof sendFailureOf>[0]): SendResult<never> => ({
  ok: false,
  failure: sendFailureOf(failure),
});

function render(
  view: ResolvedView,
  now: number,
  { mintToken, mintOffer, links }: SlackSurfaceDeps,
): readonly [SlackBody, ...SlackBody[]] {
  switch (view.kind) {
    case 'turn':
      return renderTurn(view, now, links?.sessionUrl(view.sessionId));
    case 'permission':
      return [renderPermission(view, mintToken, links?.approvalUrl(view))];
    case 'notice':
      return [renderNotice(view, mintOffer)];
  }
}

/** The most particular first: that is the one which a 429 most likely speaks of. */
function budgetsOf(
  thread: ThreadRef,
  call: CallKind,
  mirror: string | null,
): readonly NamedBudget[] {
  const { channel } = placeOf(thread);
  if (mirror === REACTION) return [{ name: 'reactions.add', ...BUDGETS.reactions }];
  switch (call) {
    case 'post':
      return [
        { name: `chat.postMessage ${channel}`, ...BUDGETS.channel },
        { name: 'chat.postMessage', ...BUDGETS.post },
      ];
    case 'edit':
      return isDirect(channel)
        ? [{ name: 'chat.appendStream', ...BUDGETS.stream }]
        : [{ name: 'chat.update', ...BUDGETS.update }];
    case 'find':
      return [{ name: 'conversations.replies', ...BUDGETS.replies }];
  }
}

/** Streams are cheap and read as they grow; edits of a long turn need not be frequent. */
function progressInterval(ageMs: number, _edits: number, thread?: ThreadRef): number {
  if (thread !== undefined && isDirect(placeOf(thread).channel)) return 1_000;
  if (ageMs < 10_000) return 3_000;
  if (ageMs < 60_000) return 5_000;
  return ageMs < 5 * 60_000 ? 10_000 : 20_000;
}
