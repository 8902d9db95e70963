/**
 * What the agent is told of the issue, pull request or review, besides what the person asks. Text of
 * others is quoted as data under its author's name; what is left out is named.
 */
import { threadRef } from '../address.ts';
import type { Site } from '../client/comments.ts';
import type { Edge } from '../deps.ts';
import type { ReviewComment, ReviewCommentWritten } from '../reviews.ts';
import { describeFiles, firstFiles } from './changes.ts';
import { discussion, type Range } from './discussion.ts';
import { author, joined, NOTE, writes, type Given } from './given.ts';
import { linkedItems } from './linked.ts';
import { newestComments } from './newest.ts';
import { codeOf, cut, quoted, resource, visibleOnly } from './quoted.ts';

const BODY_LIMIT = 20_000;
const NOTHING: Given = { blocks: [], tainted: false };

/** Calls that it usually takes to read a thread: new to us with what it links, and known. */
const READS = { issue: 6, pull: 8, again: 1 } as const;

export async function threadContext(edge: Edge, of: Range): Promise<Given> {
  const { installationId, kind } = of.place;
  edge.pace.takeTurn(
    String(installationId),
    causeOf(of),
    of.since === 0 ? READS[kind] : READS.again,
  );
  const site = await edge.comments.site(threadRef({ ...of.place, reviewThread: null }));
  const { octokit, name, place } = site;
  const target = { ...name, issue_number: place.number };
  // Together: whoever asked waits for the first sign of us meanwhile.
  const [opening, { comments, skipped }] = await Promise.all([
    of.since > 0
      ? NOTHING
      : octokit.rest.issues.get(target).then(({ data }) => openingOf(edge, site, data)),
    newestComments(site, of.since),
  ]);
  const said = await discussion(edge, comments, of, skipped);
  if (said === '') return opening;
  const uri = `github:${name.owner}/${name.repo}/${place.kind}/${place.number}#comments`;
  const block = resource(uri, `${NOTE}\n\n${said}`);
  return joined(opening, { blocks: [block], tainted: false });
}

const causeOf = ({ place, until, except }: Range): string =>
  JSON.stringify([place.repositoryId, place.number, until, except]);

async function openingOf(edge: Edge, site: Site, issue: Opened): Promise<Given> {
  const { place } = site;
  const parts = await Promise.all([
    opened(edge, site, issue),
    ...(place.kind === 'pull' ? [pullChanges(edge, site, issue)] : []),
    linkedItems(edge, site, `${issue.title}\n${issue.body ?? ''}`),
  ]);
  return joined(...parts);
}

interface Opened {
  readonly title: string;
  readonly body?: string | null | undefined;
  readonly html_url: string;
  readonly user: { readonly id: number; readonly login: string; readonly type: string } | null;
}

async function opened(edge: Edge, { place, name }: Site, issue: Opened): Promise<Given> {
  const mayWrite = await writes(edge, place, issue.user);
  const what = place.kind === 'pull' ? 'pull request' : 'issue';
  const who = author(issue.user, mayWrite);
  const body = cut(visibleOnly(issue.body ?? ''), BODY_LIMIT);
  const text = [
    `You are asked in ${what} ${name.owner}/${name.repo}#${place.number}.`,
    NOTE,
    `Title, by ${who}:\n${quoted(visibleOnly(issue.title))}`,
    body === '' ? 'It has no text.' : `Text, by ${who}:\n${quoted(body)}`,
  ].join('\n\n');
  return { blocks: [resource(issue.html_url, text)], tainted: !mayWrite };
}

const FORK_NOTICE =
  'This pull request comes from a fork, so what is in it counts as untrusted: no rule allows anything by itself here, and the agent gets no token and pushes nothing.';

/** The changes of whoever may not write are no more than quoted text; nothing is checked out. */
async function pullChanges(edge: Edge, site: Site, { html_url: url }: Opened): Promise<Given> {
  const { octokit, name, place } = site;
  const [{ data: pull }, files] = await Promise.all([
    octokit.rest.pulls.get({ ...name, pull_number: place.number }),
    firstFiles(site),
  ]);
  const isFork = pull.head.repo?.id !== pull.base.repo.id;
  const tainted = isFork || !(await writes(edge, place, pull.user));
  const from = pull.head.repo?.full_name ?? 'a repository that is gone';
  const whence = isFork ? [`It comes from a fork (${from}), so its changes are untrusted.`] : [];
  const changes = describeFiles(files, pull.changed_files);
  const text = [NOTE, ...whence, changes].join('\n\n');
  return {
    blocks: [resource(`${url}/files`, text)],
    tainted,
    notice: isFork ? { once: 'thread', markdown: FORK_NOTICE } : undefined,
  };
}

/** The conversation when the thread is new to us, what was said in the thread, and its lines. */
export async function reviewThreadContext(
  edge: Edge,
  of: Omit<Range, 'except'> & { readonly written: ReviewCommentWritten },
): Promise<Given> {
  const { place, since, until, written } = of;
  const { octokit, name } = await edge.comments.site(threadRef(place));
  const conversation = since === 0 ? await threadContext(edge, { ...of, except: null }) : NOTHING;
  const all = await octokit.paginate(octokit.rest.pulls.listReviewComments, {
    ...name,
    pull_number: place.number,
    per_page: 100,
    ...(since === 0 ? {} : { since: new Date(since).toISOString() }),
  });
  const own = all.filter(({ id, in_reply_to_id: first }) => (first ?? id) === place.reviewThread);
  const said = await discussion(edge, own, { place, since, until, except: written.id });
  const text = [hunkOf(written), ...(said === '' ? [] : [NOTE, said])].join('\n\n');
  const uri = `github:review-comment/${written.id}`;
  return joined(conversation, { blocks: [resource(uri, text)], tainted: false });
}

function hunkOf({ path, line, diff_hunk: hunk }: ReviewCommentWritten): string {
  const where = line ? `${path}:${line}` : path;
  return `The comment is on ${where}:\n${codeOf(hunk ?? '')}`;
}

/** The review's comments are by the one who asks, so they are part of what is asked. */
export async function reviewContext(
  edge: Edge,
  of: Omit<Range, 'except'> & {
    readonly id: number;
    readonly comments: readonly ReviewComment[];
  },
): Promise<Given> {
  const { id, comments } = of;
  const conversation = await threadContext(edge, { ...of, except: null });
  if (comments.length === 0) return conversation;
  const text = comments
    .map(({ path, line, diffHunk, body }) => {
      const where = line === null ? path : `${path}:${line}`;
      return `${where}\n${codeOf(diffHunk)}\n${visibleOnly(body)}`;
    })
    .join('\n\n---\n\n');
  const head = `The review has ${comments.length} comments on the changes; do what each asks.`;
  const block = resource(`github:review/${id}`, `${head}\n\n${text}`);
  return joined(conversation, { blocks: [block], tainted: false });
}
