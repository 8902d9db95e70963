/**
 * GitHub as a Surface: a message is a comment, found again by the marker at its end. Its mirrors are
 * a check run (a permission request on a pull request) and a reaction (how a turn ended).
 */
import type { Clock } from '../../core/ports/clock.ts';
import type { ThreadRef } from '../../core/model/thread.ts';
import type { Surface } from '../../core/ports/surface.ts';
import { placeOf, SURFACE } from '../address.ts';
import type { Marks } from '../renderers/marker.ts';
import {
  MIRRORS,
  putBackBy,
  reactionSchema,
  render,
  type RenderOptions,
} from '../renderers/render.ts';
import type { Triggers } from '../triggers.ts';
import { editCheckRun, findCheckRun, postCheckRun } from './check-runs.ts';
import type { Comments, Site } from './comments.ts';
import { isNotFound, sent } from './failures.ts';
import { react } from './reactions.ts';

/**
 * GitHub takes 80 calls a minute that create content, edits among them, and 500 an hour. The rest of
 * both is for the reactions that say "seen" (reactions.ts).
 */
const CONTENT = [
  { name: 'content a minute', most: 68, withinMs: 60_000 },
  { name: 'content an hour', most: 455, withinMs: 3_600_000 },
] as const;
/** All calls, those that look for a message among them. */
const CALLS = { burst: 60, perMinute: 120 } as const;
/** Between the edits of a live comment: 5, 10, then 20 s (chat.md §8). */
const INTERVALS_MS = [5_000, 10_000, 20_000] as const;

export interface SurfaceDeps extends RenderOptions {
  readonly comments: Comments;
  readonly marks: Marks;
  readonly triggers: Triggers;
  readonly clock: Clock;
  /** Where people see repositories. */
  readonly webBase: string;
}

export function createGitHubSurface(deps: SurfaceDeps): Surface {
  const { comments, marks, clock } = deps;
  const now = (): number => clock.now();
  return {
    name: SURFACE,
    budget: CALLS,
    budgetsOf: (_thread, call) => (call === 'find' ? [] : CONTENT),
    progressInterval: (_age, edits) => INTERVALS_MS[Math.min(edits, 2)] ?? 20_000,
    render: (view, at, mirror = null) => render(view, at, mirror, deps),
    mirrors: (view, thread) => {
      if (view.kind === 'turn') return view.turn.endedAt === null ? [] : [MIRRORS.reaction];
      const isPull = placeOf(thread)?.kind === 'pull';
      return view.kind === 'permission' && isPull ? [MIRRORS.checkRun] : [];
    },
    post: (thread, key, body, signal, mirror = null) =>
      sent('post', now, async () => {
        const site = await comments.site(thread);
        if (mirror === MIRRORS.checkRun) return postCheckRun(site, body, signal);
        if (mirror === MIRRORS.reaction) return reactTo(deps, site, body, signal);
        const changed = putBackBy(mirror);
        if (changed !== undefined) return putBack(deps, site, changed, { key, body, signal });
        return comments.post(site, marks.sign(key, body), signal);
      }),
    edit: (thread, externalId, body, signal, facet) =>
      sent('edit', now, async () => {
        const mirror = facet?.mirror ?? null;
        if (mirror === MIRRORS.reaction) return null;
        const site = await comments.site(thread);
        const key = facet?.key ?? '';
        if (mirror === MIRRORS.checkRun) await editCheckRun(site, externalId, body, signal);
        else if (putBackBy(mirror) !== undefined)
          await putBack(deps, site, externalId, { key, body, signal });
        else await comments.edit(site, externalId, marks.sign(key, body), signal);
        return null;
      }),
    threadUrl: (thread) => threadUrl(deps, thread),
    find: (thread, key, signal, mirror = null) =>
      sent('find', now, () => find(deps, thread, key, signal, mirror)),
  };
}

async function threadUrl({ comments, webBase }: SurfaceDeps, thread: ThreadRef): Promise<string> {
  const { place, name } = await comments.site(thread);
  const { kind, number, reviewThread } = place;
  const comment = reviewThread === null ? '' : `#discussion_r${reviewThread}`;
  const path = `${name.owner}/${name.repo}/${kind === 'pull' ? 'pull' : 'issues'}/${number}`;
  return `${webBase}/${path}${comment}`;
}

async function find(
  { comments }: SurfaceDeps,
  thread: ThreadRef,
  key: string,
  signal: AbortSignal,
  mirror: string | null,
): Promise<string | null> {
  // A reaction is made again without harm, and a comment put back.
  if (mirror === MIRRORS.reaction || putBackBy(mirror) !== undefined) return null;
  const site = await comments.site(thread);
  if (mirror === null) return comments.find(site, key, signal);
  const [, requestId = ''] = /^permission:([^@]+)@/.exec(key) ?? [];
  return findCheckRun(site, requestId);
}

async function putBack(
  { comments, marks }: SurfaceDeps,
  site: Site,
  externalId: string,
  { key, body, signal }: { key: string; body: string; signal: AbortSignal },
): Promise<string> {
  const [changed = ''] = key.split('#');
  try {
    await comments.putBack(site, externalId, marks.sign(changed, body), signal);
  } catch (error) {
    // The comment is gone: nothing is left to be put back.
    if (!isNotFound(error)) throw error;
  }
  return externalId;
}

async function reactTo(
  { triggers }: SurfaceDeps,
  site: Site,
  body: string,
  signal: AbortSignal,
): Promise<string> {
  const asked = reactionSchema.parse(JSON.parse(body));
  const subject = await triggers.find(site, asked.promptId, asked.since, asked.superseded);
  if (subject === null) return 're:none';
  try {
    await react(site, subject, asked.reaction, signal);
    return `re:${subject}`;
  } catch (error) {
    // What was asked with is gone, and its reaction with it.
    if (isNotFound(error)) return 're:none';
    throw error;
  }
}
