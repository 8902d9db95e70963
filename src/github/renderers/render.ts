/** A view as what is posted: a comment, or what mirrors it. */
import { z } from 'zod';
import type { OutsiderRequest } from '../../core/model/message.ts';
import type { Rendered, ResolvedNotice, ResolvedView } from '../../core/ports/surface.ts';
import { SURFACE } from '../address.ts';
import type { MintAnswer } from '../../core/sessions/answer-by-token.ts';
import { renderCheckRun } from './check-run.ts';
import type { PageLinks } from '../../core/access/page-links.ts';
import { neutralMarkdown, withoutReferencesTo } from './neutral.ts';
import { renderPermission } from './permission.ts';
import { splitComment } from './split.ts';
import { renderTurn } from './turn.ts';

/** The check run beside a permission comment, and the reaction on what asked for a turn. */
export const MIRRORS = { checkRun: 'check', reaction: 'reaction' } as const;

const AGAIN = 'again:';

/**
 * A comment that somebody changed is put back by one more mirror of what it shows, so that the one
 * process that edits it does this too, with what it should say at that time. `cause`: each is new.
 */
export const againAt = (externalId: string, cause: string): string =>
  `${AGAIN}${externalId}:${cause}`;

/** Id of the comment that the mirror puts back; undefined for every other mirror. */
export const putBackBy = (mirror: string | null): string | undefined =>
  mirror?.startsWith(AGAIN) === true
    ? /^[ir]c:\d+/.exec(mirror.slice(AGAIN.length))?.[0]
    : undefined;

export type Reaction = 'eyes' | 'hooray' | 'confused';

/** How a turn ended, and what asked for it. `superseded`: it may have been an edit that ended it. */
export const reactionSchema = z.object({
  reaction: z.enum(['hooray', 'confused']),
  promptId: z.string(),
  since: z.number(),
  superseded: z.boolean(),
});

export interface RenderOptions {
  readonly mint: MintAnswer;
  /** A request of somebody who may not. */
  readonly card: (request: OutsiderRequest) => string;
  /** Of a GitHub Enterprise Server. */
  readonly host?: string | undefined;
  /** To our own pages, when people can reach them. */
  readonly links?: PageLinks | undefined;
}

export function render(
  view: ResolvedView,
  now: number,
  mirror: string | null,
  options: RenderOptions,
): Rendered {
  const rendered = renderAnywhere(view, now, mirror, options);
  const { host } = options;
  if (mirror !== null || host === undefined) return rendered;
  if (typeof rendered === 'string') return withoutReferencesTo(host, rendered);
  const [first, ...rest] = rendered.map((text) => withoutReferencesTo(host, text));
  return [first ?? '', ...rest];
}

function renderAnywhere(
  view: ResolvedView,
  now: number,
  mirror: string | null,
  { mint, card, links }: RenderOptions,
): Rendered {
  switch (view.kind) {
    case 'turn':
      return mirror === MIRRORS.reaction
        ? renderReaction(view)
        : renderTurn(view, now, links?.sessionUrl(view.sessionId));
    case 'permission':
      return mirror === MIRRORS.checkRun
        ? renderCheckRun(view)
        : renderPermission(view, mint, links?.approvalUrl(view));
    case 'notice':
      if (view.request !== undefined) return card(view.request);
      // Ours, but what it quotes (an error, a title) may be anybody's.
      return splitComment(
        `${view.tone === 'error' ? '⚠️ ' : ''}${mentionOf(view)}${neutralMarkdown(view.markdown)}`,
        () => '_The rest is left out._',
      );
  }
}

/** Notifies; an edit of the comment does not. */
function mentionOf({ mention }: ResolvedNotice): string {
  const isLogin = mention?.surface === SURFACE && /^[A-Za-z0-9-]+$/.test(mention.name);
  return isLogin ? `@${mention.name} ` : '';
}

function renderReaction({ turn }: Extract<ResolvedView, { kind: 'turn' }>): string {
  const { promptId, queuedAt: since, state } = turn;
  const reaction = state === 'done' ? 'hooray' : 'confused';
  const body: z.infer<typeof reactionSchema> = {
    reaction,
    promptId,
    since,
    superseded: state === 'cancelled',
  };
  return JSON.stringify(body);
}
