/** A view as what is posted: a comment, or what mirrors it. */
import type { Rendered, ResolvedView } from '../../core/ports/surface.ts';
import type { MintAnswer } from '../../core/sessions/answer-by-token.ts';
import { renderCheckRun } from './check-run.ts';
import type { PageLinks } from '../../core/access/page-links.ts';
import { renderPermission } from './permission.ts';
import { splitMarkdown } from './split.ts';
import { renderTurn } from './turn.ts';

/** The check run beside a permission comment, and the reaction on what asked for a turn. */
export const MIRRORS = { checkRun: 'check', reaction: 'reaction' } as const;

export type Reaction = 'eyes' | 'hooray' | 'confused';

export interface RenderOptions {
  readonly mint: MintAnswer;
  /** To our own pages, when people can reach them. */
  readonly links?: PageLinks | undefined;
}

export function render(
  view: ResolvedView,
  now: number,
  mirror: string | null,
  { mint, links }: RenderOptions,
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
      return splitMarkdown(
        `${view.tone === 'error' ? '⚠️ ' : ''}${view.markdown}`,
        () => '_The rest is left out._',
      );
  }
}

/** What asked for it, and how it ended, as JSON. */
function renderReaction({ turn }: Extract<ResolvedView, { kind: 'turn' }>): string {
  const reaction: Reaction = turn.state === 'done' ? 'hooray' : 'confused';
  return JSON.stringify({ reaction, promptId: turn.promptId, since: turn.queuedAt });
}
