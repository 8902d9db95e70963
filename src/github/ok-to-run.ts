/**
 * `ok-to-run` of a maintainer: what strangers asked for before it in this thread runs, as they wrote
 * it. What was edited after the maintainer wrote is not what was read, and stays out.
 */
import { authorize, holds } from '../core/access/authorize.ts';
import { findMentions } from '../core/commands/mention.ts';
import { visibleText } from '../core/commands/visible.ts';
import type { Caller } from '../core/model/actor.ts';
import { threadRef } from './address.ts';
import type { Edge } from './deps.ts';
import { accept, type Heard } from './heard.ts';
import { tell } from './notice.ts';
import { actorOf, isHeard } from './person.ts';
import type { GitHubUser } from './webhooks/payloads.ts';

export async function releaseStrangers(edge: Edge, heard: Heard, caller: Caller): Promise<void> {
  const decision = authorize('ok-to-run', caller);
  const thread = threadRef(heard.place);
  const say = (key: string, markdown: string): Promise<void> =>
    tell(edge, { thread, title: heard.title, key, tone: 'info', markdown });
  if (!decision.allow) {
    await say(`refused:ok-to-run:${caller.actor.id}`, decision.reason);
    return;
  }
  const waiting = await strangersBefore(edge, heard);
  if (waiting.length === 0) {
    await say(`nothing-waits:${heard.deliveryId}`, 'Nothing waits for an `ok-to-run` here.');
    return;
  }
  for (const each of waiting) {
    // The maintainer's word stands for the stranger's missing role, for this message alone.
    const released: Caller = { actor: actorOf(each.by), roles: ['run'] };
    await accept(edge, each, released, await each.context(0));
  }
}

async function strangersBefore(edge: Edge, heard: Heard): Promise<readonly Heard[]> {
  const { place } = heard;
  const { octokit, name } = await edge.comments.site(threadRef(place));
  const target = { ...name, issue_number: place.number };
  const { data: issue } = await octokit.rest.issues.get(target);
  const comments = await octokit.paginate(octokit.rest.issues.listComments, {
    ...target,
    per_page: 100,
  });
  const texts = [
    // Its date moves with every comment, so it says nothing of an edit.
    {
      ...issue,
      updated_at: issue.created_at,
      subject: `is:${issue.number}`,
      deliveryId: `issue:${issue.id}`,
    },
    ...comments.map((each) => ({ ...each, subject: `ic:${each.id}`, deliveryId: `ic:${each.id}` })),
  ];
  const out: Heard[] = [];
  for (const { user, body, updated_at: edited, subject, deliveryId } of texts) {
    if (!user || Date.parse(edited) >= heard.at || subject === heard.subject) continue;
    const by: GitHubUser = { id: user.id, login: user.login, type: user.type };
    const isMention = findMentions(visibleText(body ?? ''), edge.identity.names).length > 0;
    if (!isHeard(edge, by) || !isMention) continue;
    const roles = await edge.permissions.roles(place, by);
    if (holds({ actor: actorOf(by), roles }, 'run')) continue;
    out.push({ ...heard, by, text: body ?? '', subject, deliveryId });
  }
  return out;
}
