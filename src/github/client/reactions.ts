/** Reactions of ours. Doing one twice is harmless: GitHub keeps one of each kind. */
import type { Reaction } from '../renderers/render.ts';
import type { Subject } from '../triggers.ts';
import type { Site } from './comments.ts';

export async function react(
  { octokit, name }: Site,
  subject: Subject,
  content: Reaction,
  signal?: AbortSignal,
): Promise<void> {
  const [kind, number] = subject.split(':');
  const id = Number(number);
  const base = { ...name, content, request: { signal } };
  if (kind === 'rc') {
    await octokit.rest.reactions.createForPullRequestReviewComment({ ...base, comment_id: id });
  } else if (kind === 'is') {
    await octokit.rest.reactions.createForIssue({ ...base, issue_number: id });
  } else await octokit.rest.reactions.createForIssueComment({ ...base, comment_id: id });
}
