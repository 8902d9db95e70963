/**
 * The API over HTTP on loopback, under `/` and under `/api/v3` as GitHub Enterprise Server has it:
 * identifies the caller, takes from its rate limits, lets faults happen, runs the operation, and
 * keeps an account of every call.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { sleep } from '../../../src/core/ports/clock.ts';
import type { Clock } from '../../../src/core/ports/clock.ts';
import type { Auth, Principal } from './auth.ts';
import type { Limiter } from './limits.ts';
import { ApiError, notFound } from './model.ts';
import type { Json } from './model.ts';
import { allows } from './routes-app.ts';
import { createRouter } from './router.ts';
import type { Match, Reply, Request, Route } from './router.ts';
import type { Schemas } from './schemas.ts';
import type { World } from './world.ts';

/** One call of the API. */
export interface ApiCall {
  /** GitHub's name: `issues/create-comment`; `unknown` when there is no such operation. */
  readonly op: string;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly at: number;
  /** Id of the installation, `app`, or `nobody`. */
  account: string;
  /** 0 = it was never answered. */
  status: number;
}

export type ApiFault =
  /** Answers so; with `done` the effect happened nevertheless. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly done?: boolean;
      readonly retryAfterS?: number;
      readonly message?: string;
    }
  /** Never answers. */
  | { readonly kind: 'hang'; readonly done?: boolean }
  /** Breaks the connection. */
  | { readonly kind: 'reset'; readonly done?: boolean }
  /** Works, but takes its time. */
  | { readonly kind: 'slow'; readonly ms: number };

export interface ApiServerOptions {
  readonly world: World;
  readonly clock: Clock;
  readonly auth: Auth;
  readonly limiter: Limiter;
  readonly schemas: Schemas;
  readonly routes: readonly Route[];
  /** Null = none for this call. */
  readonly fault: (call: ApiCall) => ApiFault | undefined;
  readonly calls: ApiCall[];
  /** How many calls the fault `slow` keeps waiting for the clock. */
  readonly held: { calls: number };
  /** What the App did that the real GitHub would not understand. */
  readonly errors: string[];
  readonly baseUrl: () => string;
  /** What the header says is left of the hour's 5,000 calls. */
  readonly callsLeft: () => number;
}

const SECONDARY =
  'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
const LARGEST_REQUEST = 4_000_000;

async function readBody(message: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > LARGEST_REQUEST) throw new ApiError(413, 'Payload Too Large');
  }
  if (size === 0) return undefined;
  const text = Buffer.concat(chunks).toString('utf8');
  if (message.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(400, 'Problems parsing JSON');
  }
}

function accountOf(principal: Principal): string {
  return principal.kind === 'installation'
    ? String(principal.token.installation.id)
    : principal.kind;
}

function authorise(match: Match, principal: Principal): void {
  const { who, needs } = match.route;
  if (who === 'anybody') return;
  if (principal.kind === 'nobody') throw new ApiError(401, 'Requires authentication');
  if (principal.kind !== who) {
    throw who === 'app'
      ? new ApiError(401, 'A JSON web token could not be decoded')
      : new ApiError(403, 'Resource not accessible by integration');
  }
  if (principal.kind !== 'installation' || needs === undefined) return;
  if (!needs.some((need) => allows(principal.token.permissions, need))) {
    throw new ApiError(
      403,
      'Resource not accessible by integration',
      {},
      {
        'x-accepted-github-permissions': needs.join('; ').replaceAll(':', '='),
      },
    );
  }
}

function pager(url: URL, base: string): Request['page'] {
  return (items, wrap) => {
    const size = Math.max(1, Math.min(100, Number(url.searchParams.get('per_page') ?? 30)));
    const page = Math.max(1, Number(url.searchParams.get('page') ?? 1));
    const last = Math.max(1, Math.ceil(items.length / size));
    const part = items.slice((page - 1) * size, page * size);
    const at = (number: number, rel: string): string => {
      const query = new URLSearchParams(url.searchParams);
      query.set('page', String(number));
      return `<${base}${url.pathname}?${query.toString()}>; rel="${rel}"`;
    };
    const links = [
      ...(page > 1 ? [at(page - 1, 'prev'), at(1, 'first')] : []),
      ...(page < last ? [at(page + 1, 'next'), at(last, 'last')] : []),
    ];
    const headers: Record<string, string> = links.length === 0 ? {} : { link: links.join(', ') };
    return { status: 200, body: wrap === undefined ? part : wrap(part), headers };
  };
}

export function createApiServer(options: ApiServerOptions): Server {
  const { world, clock, auth, limiter, schemas, calls, errors } = options;
  const find = createRouter(options.routes);

  const limited = (account: string, match: Match): (() => void) => {
    const { method, content = false } = match.route;
    const points = method === 'GET' ? 1 : 5;
    const refusal = limiter.take(account, { points, content });
    if (refusal === undefined) {
      return () => {
        limiter.give(account);
      };
    }
    const status = refusal.limit === 'contentPerMinute' ? 403 : 429;
    throw new ApiError(status, SECONDARY, {}, { 'retry-after': String(refusal.retryAfterS) });
  };

  const answer = (response: ServerResponse, call: ApiCall, reply: Reply): void => {
    call.status = reply.status;
    if (response.destroyed) return;
    response.writeHead(reply.status, {
      // Clients mend their own clock by this.
      date: new Date(clock.now()).toUTCString(),
      'content-type': reply.text === undefined ? 'application/json; charset=utf-8' : 'text/plain',
      'x-github-request-id': `FAKE:${calls.length}`,
      'x-ratelimit-limit': '5000',
      'x-ratelimit-remaining': String(options.callsLeft()),
      'x-ratelimit-reset': String(Math.floor(clock.now() / 1000) + 3600),
      ...reply.headers,
    });
    response.end(reply.text ?? (reply.body === undefined ? '' : JSON.stringify(reply.body)));
  };

  const problem = (error: unknown): Reply => {
    if (error instanceof ApiError) {
      const { status, body, headers } = error;
      const { url } = body;
      return typeof url === 'string' && (status === 301 || status === 307)
        ? { status, body, headers: { ...headers, location: `${options.baseUrl()}${url}` } }
        : { status, body, headers };
    }
    errors.push(`the fake itself failed: ${String(error)}`);
    return { status: 500, body: { message: 'Server Error' } };
  };

  const run = async (match: Match, request: Request): Promise<Reply> => {
    try {
      return await match.route.run(request);
    } catch (error) {
      return problem(error);
    }
  };

  /** Undefined = it is never answered. */
  const withFault = async (
    call: ApiCall,
    response: ServerResponse,
    work: () => Promise<Reply>,
  ): Promise<Reply | undefined> => {
    const fault = options.fault(call);
    if (fault === undefined) return work();
    if (fault.kind === 'slow') {
      options.held.calls += 1;
      await sleep(clock, fault.ms);
      options.held.calls -= 1;
      return work();
    }
    if (fault.done === true) await work();
    if (fault.kind === 'reset') response.socket?.resetAndDestroy();
    if (fault.kind === 'hang') await new Promise((resolve) => response.once('close', resolve));
    if (fault.kind !== 'status') return undefined;
    const { status, retryAfterS, message = 'Server Error' } = fault;
    const headers: Record<string, string> =
      retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) };
    return {
      status,
      body: { message: status === 403 || status === 429 ? SECONDARY : message },
      headers,
    };
  };

  const checkBody = (match: Match, body: unknown): void => {
    const wrong = schemas.problem(`${match.route.method} ${match.route.path}`, body);
    if (wrong === null) return;
    errors.push(wrong);
    throw new ApiError(422, `Invalid request.\n\n${wrong}`);
  };

  const handle = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(message.url ?? '/', 'http://fake');
    const method = message.method ?? 'GET';
    let path = url.pathname.replace(/^\/api\/v3(?=\/|$)/, '');
    const byNumber = /^\/repositories\/(\d+)/.exec(path);
    const named = world.repos.find(({ id }) => String(id) === byNumber?.[1]);
    if (byNumber !== null && named !== undefined) {
      path = path.replace(byNumber[0], `/repos/${named.owner.login}/${named.name}`);
    }
    const match = find(method, path);
    const at = clock.now();
    const op = match?.route.op ?? 'unknown';
    let call: ApiCall = { op, method, path, body: undefined, at, account: 'nobody', status: 0 };
    let release: (() => void) | undefined;
    try {
      const body = await readBody(message);
      call = { ...call, body };
      calls.push(call);
      const principal = auth.identify(message.headers.authorization);
      call.account = accountOf(principal);
      if (match === undefined) {
        errors.push(`no such operation: ${method} ${path}`);
        throw notFound();
      }
      release = limited(call.account, match);
      authorise(match, principal);
      const json: Json = typeof body === 'object' && body !== null ? { ...body } : {};
      const request: Request = {
        world,
        principal,
        params: match.params,
        query: url.searchParams,
        body: json,
        accept: message.headers.accept ?? '',
        target: `${path}${url.search}`,
        method,
        page: pager(url, options.baseUrl().replace(/\/api\/v3$/, '')),
      };
      const reply = await withFault(call, response, async () => {
        checkBody(match, body);
        return run(match, request);
      });
      if (reply !== undefined) answer(response, call, reply);
    } catch (error) {
      answer(response, call, problem(error));
    } finally {
      release?.();
    }
  };

  return createServer((message, response) => {
    void handle(message, response);
  });
}
