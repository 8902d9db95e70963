/**
 * The page as a Hono app: every address that it answers, one line each, and who may come in. Mount
 * it at the root beside the control plane; it answers nothing under `/api` or `/ws`. Streams stay
 * open for as long as pages do: whoever stops the server closes their connections.
 */
import { Hono, type Context, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { streamSSE } from 'hono/streaming';
import { AppError } from '../core/model/errors.ts';
import type { Thread } from '../core/model/thread.ts';
import { createActions } from './actions.ts';
import { answer, answerError, wantsJson } from './answer.ts';
import { loadAssets } from './assets.ts';
import type { Guards, WebAppDeps, WebEnv } from './deps.ts';
import { ownPath } from './own-path.ts';
import { protectiveHeaders, sameOriginOnly } from './protection.ts';
import { renderLogin } from './renderers/page.ts';
import { homePage, threadOf, threadPage } from './routes/pages.ts';
import { runStream } from './routes/stream.ts';
import { openThread, parseWritten, withAgent, writeMessage } from './routes/write.ts';
import { createSessionReader } from './session-reader.ts';
import { addSessions } from './session-routes.ts';
import { createThreadReader } from './thread-reader.ts';
import { LOGIN_PROBLEMS, notLoggedIn, operator } from './viewer.ts';
import { COOKIE_LIFE_MS, createViewerCookie, type ViewerCookie } from './viewer-cookie.ts';

/** Room for the longest message in the encoding of a form. */
const LARGEST_BODY = 2 * 1024 * 1024;

export function createWebApp(deps: WebAppDeps): Hono<WebEnv> {
  const { publicUrl, clock } = deps;
  const { script, asset } = loadAssets();
  const secure = new URL(publicUrl).protocol === 'https:';
  const cookie = createViewerCookie({ key: deps.cookieKey, clock, secure });

  const loggedIn: MiddlewareHandler<WebEnv> = async (c, next) => {
    const shown = cookie.read(c.req.header('cookie'));
    if (shown === undefined || (await deps.logouts.has(shown.login))) return notLoggedIn(c, script);
    c.set('caller', operator(shown.viewer));
    c.set('login', shown.login);
    return next();
  };
  const limited = bodyLimit({ maxSize: LARGEST_BODY, onError: tooLarge });
  const guards: Guards = {
    open: [protectiveHeaders],
    look: [protectiveHeaders, loggedIn],
    enter: [protectiveHeaders, sameOriginOnly(publicUrl), limited],
    change: [protectiveHeaders, sameOriginOnly(publicUrl), limited, loggedIn],
  };

  const app = new Hono<WebEnv>();
  app.onError((error, c) => answerError(c, script, deps, error));
  app.get('/assets/:name', ...guards.open, (c) => {
    const found = asset(c.req.param('name'));
    if (found === undefined) throw new AppError('not_found', 'There is no such file.');
    const headers = { ETag: found.etag, 'Cache-Control': 'no-cache', 'Content-Type': found.type };
    const known = c.req.header('if-none-match') === found.etag;
    return known ? c.body(null, 304, headers) : c.body(found.body, 200, headers);
  });
  addLogin(app, guards, deps, cookie, script);
  addPages(app, guards, deps, script);
  addSessions(app, guards, deps, script);
  addWriting(app, guards, deps, script);
  addButtons(app, guards, deps, script);
  refuseOtherMethods(app, guards);
  return app;
}

/** Call it when every address is there. */
function refuseOtherMethods(app: Hono<WebEnv>, { open }: Guards): void {
  const methods = Map.groupBy(
    app.routes.filter(({ method }) => method !== 'ALL'),
    ({ path }) => path,
  );
  for (const [path, routes] of methods) {
    const allow = [...new Set(routes.map(({ method }) => method))].toSorted().join(', ');
    app.all(path, ...open, (c) =>
      c.json({ message: `This address takes ${allow} only.` }, 405, { Allow: allow }),
    );
  }
}

function tooLarge(): never {
  throw new AppError('too_large', 'That is more than a message may be. Send less at once.');
}

function addLogin(
  app: Hono<WebEnv>,
  { open, enter, change }: Guards,
  { login, logouts, clock }: WebAppDeps,
  cookie: ViewerCookie,
  script: string,
): void {
  app.get('/login', ...open, (c) => c.html(renderLogin(script)));
  app.post('/login', ...enter, async (c) => {
    const { code, next: wanted } = await c.req.parseBody();
    const next = ownPath(wanted);
    const problem = LOGIN_PROBLEMS[login.redeem(typeof code === 'string' ? code : '')];
    if (problem !== null) {
      return wantsJson(c)
        ? c.json({ message: problem }, 401)
        : c.html(renderLogin(script, { problem, next }), 401);
    }
    c.header('Set-Cookie', cookie.issue());
    return answer(c, script, { location: next ?? '/' });
  });
  app.post('/logout', ...change, async (c) => {
    await logouts.add(c.var.login, clock.now(), clock.now() - COOKIE_LIFE_MS);
    c.header('Set-Cookie', cookie.clear());
    return answer(c, script, { location: '/login' });
  });
}

function addPages(app: Hono<WebEnv>, { look }: Guards, deps: WebAppDeps, script: string): void {
  const reader = createThreadReader(deps);
  const pages = { ...deps, reader, script, seen: createSessionReader(deps) };
  const stream = (c: Context<WebEnv>, thread: Thread | null): Response => {
    const after = Number(c.req.header('last-event-id') ?? c.req.query('after')) || 0;
    const who = { caller: c.var.caller, thread, after };
    return streamSSE(c, (sse) => runStream(pages, sse, who));
  };
  const threadAt = (c: Context): Promise<Thread> => threadOf(deps.threads, c.req.param('id'));

  app.get('/', ...look, async (c) => c.html(await homePage(pages, c.var.caller)));
  app.get('/threads/:id', ...look, async (c) =>
    c.html(await threadPage(pages, c.var.caller, await threadAt(c))),
  );
  app.get('/web/stream', ...look, (c) => stream(c, null));
  app.get('/web/threads/:id/stream', ...look, async (c) => stream(c, await threadAt(c)));
}

function addWriting(app: Hono<WebEnv>, { change }: Guards, deps: WebAppDeps, script: string): void {
  app.post('/web/threads', ...change, async (c) => {
    const fields = await c.req.parseBody();
    const written = parseWritten(fields);
    const thread = await openThread(deps, written);
    const command = withAgent(written.text, fields['agent']);
    await writeMessage(deps, c.var.caller, thread, written, command);
    return answer(c, script, { location: `/threads/${thread.id}` });
  });
  app.post('/web/threads/:id/messages', ...change, async (c) => {
    const thread = await threadOf(deps.threads, c.req.param('id'));
    await writeMessage(deps, c.var.caller, thread, parseWritten(await c.req.parseBody()));
    // The page's script shows the message where it is; a browser without it looks again.
    return answer(c, script, wantsJson(c) ? {} : { location: `/threads/${thread.id}` });
  });
}

function addButtons(app: Hono<WebEnv>, { change }: Guards, deps: WebAppDeps, script: string): void {
  const actions = createActions(deps);
  app.post('/web/action', ...change, async (c) => {
    const { token } = await c.req.parseBody();
    await actions.answerPermission(c.var.caller, typeof token === 'string' ? token : '');
    return answer(c, script, {});
  });
  app.post('/web/edit', ...change, async (c) => {
    const { token } = await c.req.parseBody();
    await actions.runEdit(c.var.caller, typeof token === 'string' ? token : '');
    return answer(c, script, {});
  });
  app.post('/web/sessions/:session/prompts/:prompt/cancel', ...change, async (c) => {
    await actions.cancel(c.var.caller, c.req.param('session'), c.req.param('prompt'));
    return answer(c, script, {});
  });
  app.post('/web/sessions/:session/prompts/:prompt/retry', ...change, async (c) => {
    await actions.retry(c.var.caller, c.req.param('session'), c.req.param('prompt'));
    return answer(c, script, {});
  });
  app.post('/web/sessions/:session/prompts', ...change, async (c) => {
    const session = c.req.param('session');
    await actions.prompt(c.var.caller, session, parseWritten(await c.req.parseBody()));
    return answer(c, script, wantsJson(c) ? {} : { location: `/sessions/${session}` });
  });
  app.post('/web/sessions/:session/queue/resume', ...change, async (c) => {
    await actions.resumeQueue(c.var.caller, c.req.param('session'));
    return answer(c, script, {});
  });
}
