/**
 * Home tabs: published when somebody opens theirs, and anew for a while when something in their
 * workspace has changed. Invariant: a tab shows its viewer's own sessions and nobody else's; a view
 * that reads the same is not published again. With several replicas a tab that is open may lag behind
 * (it is watched where it was opened); opened again it is right, because it is made from rows.
 */
import { createHash } from 'node:crypto';
import type { PageLinks } from '../core/access/page-links.ts';
import { mergeToolCall } from '../core/transcript/tool-call.ts';
import type { Caller } from '../core/model/actor.ts';
import { isAppError } from '../core/model/errors.ts';
import type { PermissionRequest } from '../core/model/permission.ts';
import type { Session } from '../core/model/session.ts';
import { PRIORITY } from '../core/model/message.ts';
import { createBudget } from '../core/outbox/budget.ts';
import { keepNewest } from '../core/platforms/keep-newest.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Logger } from '../core/ports/logger.ts';
import type { ThreadStore } from '../core/ports/stores.ts';
import type { SessionService } from '../core/sessions/service.ts';
import { permalinkOf, placeOf, SURFACE } from './address.ts';
import type { People } from './client/people.ts';
import type { Workspaces } from './client/workspaces.ts';
import { homeText, homeView, MOST_REQUESTS, MOST_SESSIONS, type Home } from './renderers/home.ts';
import type { MintToken } from './renderers/permission.ts';

export interface HomesDeps {
  readonly sessions: SessionService;
  readonly threads: ThreadStore;
  readonly workspaces: Workspaces;
  readonly people: People;
  readonly mintToken: MintToken;
  readonly links: PageLinks | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Homes {
  /** Somebody looks at theirs now. `note`: what to tell them at its top. */
  publish(team: string, user: string, note?: string): Promise<void>;
  /** The same sessions as a short text. */
  list(team: string, user: string): Promise<string>;
  /** Something of somebody's changed: tabs that were opened lately are brought up to date. */
  changed(team: string): void;
}

/** After its opening a tab is kept up to date for so long. */
const WATCHED_MS = 30 * 60_000;
const MOST_WATCHED = 50;
/** Changes come in bursts: one publication for all of them. */
const SETTLE_MS = 2_000;
const GAP_MS = 10_000;
/** Of `views.publish`, a hundred a minute in a workspace; the rest is for who opens theirs. */
const UPDATES = { burst: 20, perMinute: 60 } as const;
/** Sessions of everybody that are looked at for those of one person: pages of 200. */
const MOST_PAGES = 5;

interface Watched {
  readonly team: string;
  readonly user: string;
  readonly openedAt: number;
  publishedAt: number;
  /** Of the view that is shown. */
  hash: string;
  isDue: boolean;
}

export function createHomes(deps: HomesDeps): Homes {
  const { clock, logger } = deps;
  const watched = new Map<string, Watched>();
  const updates = createBudget(UPDATES, clock);

  const show = async (tab: Watched, note?: string): Promise<void> => {
    const { team, user } = tab;
    const home = await homeOf(deps, team, user);
    if (home === undefined) return;
    const view = homeView({ ...home, note }, deps.mintToken);
    const hash = createHash('sha256').update(JSON.stringify(view)).digest('base64url');
    tab.publishedAt = clock.now();
    if (hash === tab.hash) return;
    const answer = await deps.workspaces.call(team, 'views.publish', { user_id: user, view });
    if (answer.ok) {
      tab.hash = hash;
      return;
    }
    const { failure } = answer;
    logger.warn({ failure }, 'a Home tab was not published');
    if (failure.kind === 'throttled') updates.throttled(failure.retryAfterMs);
    // Slack had no time; what it says no to is the same next time.
    if (failure.kind !== 'said' && clock.now() - tab.openedAt < WATCHED_MS) later(tab);
  };

  const later = (tab: Watched): void => {
    if (tab.isDue) return;
    tab.isDue = true;
    const wait = Math.max(SETTLE_MS, tab.publishedAt + GAP_MS - clock.now());
    clock.after(Math.max(wait, updates.wait(PRIORITY.progress)), () => {
      tab.isDue = false;
      if (updates.wait(PRIORITY.progress) > 0) return later(tab);
      updates.take();
      show(tab).catch((error: unknown) =>
        logger.warn({ err: error }, 'a Home tab could not be brought up to date'),
      );
    });
  };

  return {
    publish(team, user, note) {
      const key = `${team}/${user}`;
      const openedAt = clock.now();
      const tab = { team, user, openedAt, publishedAt: openedAt, hash: '', isDue: false };
      keepNewest(watched, key, tab, MOST_WATCHED);
      return show(tab, note);
    },
    list: async (team, user) => homeText(await homeOf(deps, team, user)),
    changed(team) {
      for (const [key, tab] of watched) {
        if (clock.now() - tab.openedAt >= WATCHED_MS) watched.delete(key);
        else if (tab.team === team) later(tab);
      }
    },
  };
}

/** Undefined for whom we show nothing. */
async function homeOf(deps: HomesDeps, team: string, user: string): Promise<Home | undefined> {
  // The tab stands for the workspace, as a conversation with us alone does.
  const caller = await deps.people.caller(team, 'D', user);
  try {
    const { base, mine } = await lookUp(deps, caller, team);
    const own = new Map(mine.map((session) => [session.id, session]));
    const pending = (await deps.sessions.permissions(caller)).filter((r) => own.has(r.sessionId));
    return {
      sessions: await Promise.all(
        mine.slice(0, MOST_SESSIONS).map(async (session) => ({
          session,
          title: await titleOf(deps, session),
          threadUrl: threadUrl(session, base),
          pageUrl: deps.links?.sessionUrl(session.id),
        })),
      ),
      requests: pending.slice(0, MOST_REQUESTS).map((request) => {
        const session = own.get(request.sessionId);
        const asked = { sessionId: request.sessionId, permission: viewOf(request, session) };
        return {
          asked,
          agentName: session?.agentName ?? '',
          threadUrl: session && threadUrl(session, base),
          approvalUrl: deps.links?.approvalUrl(asked),
        };
      }),
      moreSessions: Math.max(0, mine.length - MOST_SESSIONS),
      moreRequests: Math.max(0, pending.length - MOST_REQUESTS),
    };
  } catch (error) {
    if (isAppError(error, 'forbidden')) return undefined;
    throw error;
  }
}

async function lookUp(deps: HomesDeps, caller: Caller, team: string) {
  const { url: base } = await deps.workspaces.of(team);
  const mine: Session[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await deps.sessions.sessions(caller, {}, cursor, 200);
    const { surface, id } = caller.actor;
    mine.push(
      ...page.data.filter(({ createdBy }) => createdBy.surface === surface && createdBy.id === id),
    );
    cursor = page.nextCursor;
    if (cursor === null) break;
  }
  return { base, mine };
}

/** Where the session was begun; its thread's key is in its metadata. */
function keyOf({ metadata }: Session): string | undefined {
  const { surface, thread } = metadata;
  return surface === SURFACE && typeof thread === 'string' ? thread : undefined;
}

async function titleOf({ threads }: HomesDeps, session: Session): Promise<string> {
  const key = keyOf(session);
  if (key === undefined) return session.agentName;
  const ref = { surface: SURFACE, account: placeOf({ key }).team, key };
  return (await threads.find(ref))?.title ?? session.agentName;
}

function threadUrl(session: Session, base: string | undefined): string | undefined {
  const key = keyOf(session);
  if (key === undefined) return undefined;
  return permalinkOf(placeOf({ key }), base);
}

/** As the fold would show it, of what the request itself says. */
function viewOf(request: PermissionRequest, session: Session | undefined) {
  const { id: requestId, promptId, code, options, requestedAt, expiresAt } = request;
  const raw = { title: request.title, kind: request.kind, ...request.toolCall };
  return {
    requestId,
    promptId,
    code,
    options,
    requestedAt,
    expiresAt,
    toolCall: mergeToolCall(undefined, request.toolCallId, raw, session?.cwd ?? null),
    asked: request.toolCall,
    outcome: null,
  };
}
