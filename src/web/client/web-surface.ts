/**
 * The web thread as a Surface: the reference for whoever adds another one. Its messages live in our
 * own store, so a post is one row, can always be found again by its key, and is never throttled. A
 * surface with a network in between returns SendFailures instead; nothing here throws for those.
 */
import { randomUUID } from 'node:crypto';
import type { ActionTokens } from '../../core/access/action-token.ts';
import { createPageLinks, type PageLinks } from '../../core/access/page-links.ts';
import type { Actor } from '../../core/model/actor.ts';
import { isAppError } from '../../core/model/errors.ts';
import type { ThreadId } from '../../core/model/ids.ts';
import type { ThreadRef } from '../../core/model/thread.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { HostedMessageStore, ThreadStore } from '../../core/ports/stores.ts';
import type { ResolvedView, SendResult, Surface } from '../../core/ports/surface.ts';
import type { WakeBus } from '../../core/ports/wake-bus.ts';
import { createMintAnswer } from '../../core/sessions/answer-by-token.ts';
import { createMintEdit, type MintEdit } from '../../core/sessions/edit-by-token.ts';
import { SURFACE } from '../actions.ts';
import type { Html } from '../renderers/html.ts';
import { renderNotice } from '../renderers/message.ts';
import { renderPermission, type MintToken } from '../renderers/permission.ts';
import { renderTurn } from '../renderers/turn.ts';

const AGENT_AUTHOR: Actor = {
  surface: 'web',
  id: 'threadcast',
  name: 'Threadcast',
  kind: 'bot',
};

const PROGRESS_INTERVAL_MS = 100;

export interface WebSurface extends Surface {
  /** Always one body: a page has no limit. */
  render(view: ResolvedView, now: number): string;
}

export function createWebSurface(deps: {
  readonly hosted: HostedMessageStore;
  readonly threads: ThreadStore;
  readonly wakeBus: WakeBus;
  readonly actionTokens: ActionTokens;
  readonly clock: Clock;
}): WebSurface {
  const { hosted, threads, wakeBus, clock } = deps;
  const links = createPageLinks({ publicUrl: '', tokens: deps.actionTokens });
  const mints: Mints = {
    answer: createMintAnswer(deps.actionTokens, SURFACE),
    edit: createMintEdit(deps.actionTokens, SURFACE),
    page: links.approvalUrl,
  };

  const known = new Map<string, ThreadId>();
  const threadIdOf = async (ref: ThreadRef): Promise<ThreadId> => {
    // Asked for at each edit, and never changing: worth remembering.
    const threadId = known.get(ref.key) ?? (await threads.ensure(ref, ref.key, clock.now())).id;
    known.set(ref.key, threadId);
    return threadId;
  };

  return {
    name: 'web',
    budget: { burst: 1_000, perMinute: 60_000 },
    progressInterval: () => PROGRESS_INTERVAL_MS,
    render: (view) => render(view, mints).html,

    post: (thread, key, body) =>
      sent(async () => {
        const threadId = await threadIdOf(thread);
        const now = clock.now();
        const { id } = await hosted.post({
          id: randomUUID(),
          threadId,
          key,
          author: AGENT_AUTHOR,
          body,
          createdAt: now,
          updatedAt: now,
        });
        await threads.touch(threadId, now);
        wakeBus.publish('hosted', threadId);
        return { ok: true, value: id };
      }),

    edit: (thread, externalId, body) =>
      sent(async () => {
        const found = await hosted.edit(externalId, body, clock.now());
        if (!found) return { ok: false, failure: { kind: 'gone', message: 'It was deleted.' } };
        wakeBus.publish('hosted', await threadIdOf(thread));
        return { ok: true, value: null };
      }),

    find: (thread, key) =>
      sent(async () => {
        const message = await hosted.byKey(await threadIdOf(thread), key);
        return { ok: true, value: message?.id ?? null };
      }),
  };
}

interface Mints {
  readonly answer: MintToken;
  readonly edit: MintEdit;
  readonly page: PageLinks['approvalUrl'];
}

function render(view: ResolvedView, mints: Mints): Html {
  switch (view.kind) {
    case 'turn':
      return renderTurn(view);
    case 'permission':
      return renderPermission(view, mints.answer, mints.page(view));
    case 'notice':
      return renderNotice(view, mints.edit);
  }
}

/** A database that cannot write now did not write; anything else that broke may have. */
async function sent<T>(work: () => Promise<SendResult<T>>): Promise<SendResult<T>> {
  try {
    return await work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const kind = isAppError(error, 'unavailable') ? 'retry' : 'unknown';
    return { ok: false, failure: { kind, message } };
  }
}
