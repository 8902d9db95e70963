/**
 * Comments of one place: of the conversation, or of a review thread. An id of ours says which:
 * `ic:<id>` and `rc:<id>`.
 */
import type { ThreadRef } from '../../core/model/thread.ts';
import { AppError } from '../../core/model/errors.ts';
import { keepNewest } from '../../core/platforms/keep-newest.ts';
import { placeOf, type Place } from '../address.ts';
import { newlyTicked, type Marks } from '../renderers/marker.ts';
import { isOurs, type Author, type Identity } from './identity.ts';
import type { GitHubAuth, Octokit } from './octokit.ts';
import type { Repositories, RepositoryName } from './repositories.ts';

export interface Site {
  readonly place: Place;
  readonly octokit: Octokit;
  readonly name: RepositoryName;
}

export interface Comments {
  site(thread: ThreadRef): Promise<Site>;
  post(site: Site, body: string, signal?: AbortSignal): Promise<string>;
  edit(site: Site, externalId: string, body: string, signal?: AbortSignal): Promise<void>;
  /**
   * Writes once more what it should say: what this process wrote there last, or else `from`, if it
   * still says `to`. In turn with `edit`, so that it never undoes a newer text.
   */
  restore(
    site: Site,
    externalId: string,
    texts: { from: string | undefined; to: string },
  ): Promise<void>;
  /**
   * Writes `body`, which carries a key of ours, over what somebody made of that comment: other text,
   * or ticked boxes. What we wrote there and nobody changed is left alone: it may be newer.
   */
  putBack(site: Site, externalId: string, body: string, signal?: AbortSignal): Promise<void>;
  /** What this process wrote there last; when it does not know, what it says now. */
  said(site: Site, externalId: string): Promise<string>;
  /** Those of ours whose key begins so, oldest first. */
  ours(site: Site, prefix: string): Promise<readonly OwnComment[]>;
  /** Id of the newest comment of ours with this key. */
  find(site: Site, key: string, signal?: AbortSignal): Promise<string | null>;
}

export interface OwnComment {
  readonly externalId: string;
  readonly key: string;
  readonly body: string;
  /** When it was edited last, by whomever. Milliseconds, of whole seconds. */
  readonly editedAt: number;
}

/** Pages of a hundred that are looked through. */
const PAGES = 30;
/** Cards kept, to put back what somebody changes. */
const KEPT = 200;

interface CommentsDeps {
  readonly auth: GitHubAuth;
  readonly repositories: Repositories;
  readonly identity: Identity;
  readonly marks: Marks;
}

export function createComments(deps: CommentsDeps): Comments {
  const { identity, marks } = deps;
  const written = createMemory(marks);
  const inTurn = createTurns();
  return {
    site: (thread) => siteOf(deps, thread),
    post: async ({ place, octokit, name }, body, signal) => {
      const request = { signal };
      if (place.reviewThread === null) {
        const target = { ...name, issue_number: place.number };
        const { data } = await octokit.rest.issues.createComment({ ...target, body, request });
        written.set(`ic:${data.id}`, body);
        return `ic:${data.id}`;
      }
      const { data } = await octokit.rest.pulls.createReplyForReviewComment({
        ...name,
        pull_number: place.number,
        comment_id: place.reviewThread,
        body,
        request,
      });
      written.set(`rc:${data.id}`, body);
      return `rc:${data.id}`;
    },
    edit: (site, externalId, body, signal) =>
      inTurn(externalId, async () => {
        await write(site, externalId, body, signal);
        written.set(externalId, body);
      }),
    restore: (site, externalId, texts) =>
      inTurn(externalId, () => restore(site, externalId, written.get(externalId), texts)),
    putBack: (site, externalId, body, signal) =>
      inTurn(externalId, async () => {
        if (isChanged(marks, await read(site, externalId), body))
          await write(site, externalId, body, signal);
      }),
    said: async (site, externalId) => written.get(externalId) ?? (await read(site, externalId)),
    ours: async (site, prefix) => {
      const found: OwnComment[] = [];
      for await (const { user, body = '', ...each } of existing(site)) {
        const key = isOurs(identity, user) ? marks.keyOf(body) : undefined;
        if (key?.startsWith(prefix) === true) found.push({ ...each, key, body });
      }
      return found;
    },
    find: async (site, key, signal) => {
      let found: string | null = null;
      for await (const each of existing(site, signal)) {
        if (isOurs(identity, each.user) && marks.keyOf(each.body) === key) found = each.externalId;
      }
      return found;
    },
  };
}

async function restore(
  site: Site,
  externalId: string,
  known: string | undefined,
  { from, to }: { from: string | undefined; to: string },
): Promise<void> {
  const right = known ?? from;
  if (right === undefined) return;
  const now = await read(site, externalId);
  if (now !== right && (known !== undefined || now === to)) await write(site, externalId, right);
}

/** Not what we wrote for the message that `body` is of, boxes and all. */
function isChanged(marks: Marks, now: string, body: string): boolean {
  const isGenuine = marks.keyOf(now) === marks.keyOf(body) && marks.isGenuine(now);
  return !isGenuine || newlyTicked('', now).length > 0;
}

const target = ({ name }: Site, externalId: string) => ({
  ...name,
  comment_id: Number(externalId.slice(3)),
});

async function write(
  site: Site,
  externalId: string,
  body: string,
  signal?: AbortSignal,
): Promise<void> {
  const { rest } = site.octokit;
  const change = { ...target(site, externalId), body, request: { signal } };
  if (externalId.startsWith('rc:')) await rest.pulls.updateReviewComment(change);
  else await rest.issues.updateComment(change);
}

async function read(site: Site, externalId: string): Promise<string> {
  const { rest } = site.octokit;
  const { data } = externalId.startsWith('rc:')
    ? await rest.pulls.getReviewComment(target(site, externalId))
    : await rest.issues.getComment(target(site, externalId));
  return data.body ?? '';
}

/** Work on one comment is done one after the other. */
function createTurns() {
  const last = new Map<string, Promise<void>>();
  return async (externalId: string, work: () => Promise<void>): Promise<void> => {
    const before = last.get(externalId);
    const mine = (async () => {
      await before?.catch(() => {});
      await work();
    })();
    last.set(externalId, mine);
    try {
      await mine;
    } finally {
      if (last.get(externalId) === mine) last.delete(externalId);
    }
  };
}

/** AppError `invalid` for an address of another surface, `not_found` where we are not installed. */
async function siteOf({ auth, repositories }: CommentsDeps, thread: ThreadRef): Promise<Site> {
  const place = placeOf(thread);
  if (place === undefined) throw new AppError('invalid', 'This is no address on GitHub.');
  const octokit = await auth.installation(place.installationId);
  const name = await repositories.name(place.installationId, place.repositoryId);
  return { place, octokit, name };
}

/** The newest bodies of cards for outsiders, by the id of their comment. */
function createMemory(marks: Marks) {
  const last = new Map<string, string>();
  return {
    get: (externalId: string): string | undefined => last.get(externalId),
    set: (externalId: string, body: string): void => {
      if (marks.keyOf(body)?.startsWith('outsider:') === true) {
        keepNewest(last, externalId, body, KEPT);
      }
    },
  };
}

interface Written {
  readonly externalId: string;
  readonly body: string | undefined;
  readonly user: Author | null;
  readonly editedAt: number;
}

async function* existing({ place, octokit, name }: Site, signal?: AbortSignal) {
  const request = { signal };
  let pages = 0;
  if (place.reviewThread === null) {
    const target = { ...name, issue_number: place.number, per_page: 100, request };
    for await (const { data } of octokit.paginate.iterator(
      octokit.rest.issues.listComments,
      target,
    )) {
      for (const each of data) yield writtenOf('ic', each);
      if ((pages += 1) >= PAGES) return;
    }
    return;
  }
  const target = { ...name, pull_number: place.number, per_page: 100, request };
  const list = octokit.rest.pulls.listReviewComments;
  for await (const { data } of octokit.paginate.iterator(list, target)) {
    for (const each of data) yield writtenOf('rc', each);
    if ((pages += 1) >= PAGES) return;
  }
}

const writtenOf = (
  kind: 'ic' | 'rc',
  each: { id: number; body?: string; user: Author | null; updated_at: string },
): Written => ({
  externalId: `${kind}:${each.id}`,
  body: each.body,
  user: each.user,
  editedAt: Date.parse(each.updated_at),
});
