/** The addresses of session pages and of permission requests: where links of messages lead. */
import type { Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { createPageLinks } from '../core/access/page-links.ts';
import { createMintAnswer } from '../core/sessions/answer-by-token.ts';
import { SURFACE } from './actions.ts';
import { createRegions, REGION_INTERVAL_MS, runLive } from './live.ts';
import { renderRequest } from './renderers/approval.ts';
import { renderPartPage, renderTurns } from './renderers/session-page.ts';
import { answerApproval, approvalOf, approvalPage } from './routes/approvals.ts';
import { runSessionStream } from './routes/session-stream.ts';
import { earlierTurns, sessionPage, turnPart } from './routes/sessions.ts';
import { createShownPages } from './sent-turns.ts';
import { createSessionReader } from './session-reader.ts';
import { createThreadReader } from './thread-reader.ts';
import type { Guards, WebAppDeps, WebEnv } from './deps.ts';

/** Asked for by the page's script: the part alone, without a page around it. */
const isFragment = (c: Context): boolean => c.req.header('accept') === 'text/x-fragment';

export function addSessions(
  app: Hono<WebEnv>,
  { look, change }: Guards,
  deps: WebAppDeps,
  script: string,
): void {
  const { approvalUrl } = createPageLinks({ publicUrl: '', tokens: deps.actionTokens });
  const pages = {
    ...deps,
    script,
    seen: createSessionReader(deps),
    reader: createThreadReader(deps),
    shown: createShownPages(),
    buttons: { mint: createMintAnswer(deps.actionTokens, SURFACE), approvalUrl },
  };
  app.get('/sessions/:id', ...look, async (c) =>
    c.html(await sessionPage(pages, c.var.caller, c.req.param('id'), c.req.query('before'))),
  );
  app.get('/web/sessions/:id/turns', ...look, async (c) => {
    const before = c.req.query('before') ?? '';
    const { id, turns } = await earlierTurns(pages, c.var.caller, c.req.param('id'), before);
    return c.html(renderTurns(id, turns).html);
  });
  app.get('/web/sessions/:id/turns/:prompt/:what/:range', ...look, async (c) => {
    const { id, part } = await turnPart(pages, c.var.caller, c.req.param());
    return c.html(isFragment(c) ? part.html : renderPartPage(script, id, part));
  });
  app.get('/web/sessions/:id/stream', ...look, async (c) => {
    const { caller } = c.var;
    const { session } = await pages.seen.session(caller, c.req.param('id'));
    const after = Number(c.req.header('last-event-id') ?? c.req.query('after')) || 0;
    const newest = c.req.query('newest') ?? '';
    const who = { caller, sessionId: session.id, after, newest };
    return streamSSE(c, (sse) => runSessionStream(pages, sse, who));
  });

  app.get('/approve/:token', ...look, async (c) =>
    c.html(await approvalPage(pages, c.var.caller, c.req.param('token'))),
  );
  app.post('/approve/:token', ...change, async (c) => {
    const token = c.req.param('token');
    const { option } = await c.req.parseBody();
    const chosen = typeof option === 'string' ? option : '';
    const refused = await answerApproval(pages, c.var.caller, token, chosen);
    return refused === null ? c.redirect(`/approve/${token}`, 303) : c.html(refused, 409);
  });
  app.get('/web/approve/:token/stream', ...look, async (c) => {
    const { caller } = c.var;
    const token = c.req.param('token');
    const { link } = await approvalOf(pages, caller, token);
    return streamSSE(c, (sse) => {
      const send = createRegions(sse);
      const run = async (): Promise<void> =>
        send('request', renderRequest(await approvalOf(pages, caller, token)).html);
      const wakes = [{ topic: 'session', id: link.sessionId }] as const;
      return runLive(pages, sse, [{ run, intervalMs: () => REGION_INTERVAL_MS, wakes }]);
    });
  });
}
