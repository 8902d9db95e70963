/**
 * The Web API over HTTP: who calls (token), whether now (rate), with what (arguments), and then the
 * method. Every call is counted and kept; a fault may spoil it before or after its effect.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../src/core/ports/clock.ts';
import { readArguments, readBody, textOf, type CallArguments } from './arguments.ts';
import type { ApiCall, Emit, Methods } from './api-call.ts';
import type { BlockLimits } from './blocks.ts';
import { isInvented, violations, type Corpus } from './corpus.ts';
import type { Limiter } from './limiter.ts';
import { METHODS } from './method-table.ts';
import { SlackRefusal } from './refusal.ts';
import type { Install, Json, SlackState } from './state.ts';
import type { Tokens } from './tokens.ts';

export interface RecordedCall {
  readonly method: string;
  readonly teamId: string | null;
  readonly args: Json;
  readonly at: number;
  /** `ok`, Slack's error code, or the fault; empty while it runs. */
  outcome: string;
}

/** `done`: its effect takes place all the same, only the answer is lost. */
export type CallFault =
  | { readonly kind: 'status'; readonly status: number; readonly done?: boolean }
  | { readonly kind: 'reset'; readonly done?: boolean }
  /** Never answered. */
  | { readonly kind: 'hang'; readonly done?: boolean }
  | { readonly kind: 'throttle'; readonly retryAfterSeconds: number }
  | { readonly kind: 'error'; readonly error: string }
  | { readonly kind: 'delay'; readonly ms: number };

export interface WebApi {
  readonly calls: RecordedCall[];
  /** Calls that Slack's reference does not allow; tests assert that there are none. */
  readonly violations: string[];
  fault: (call: RecordedCall) => CallFault | undefined;
  serve(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void>;
  busy(): number;
  /** Calls whose client waits for the clock (`delay`), or for nothing (`hang`). */
  held(): number;
}

export interface WebApiDeps {
  readonly clock: Clock;
  readonly state: SlackState;
  readonly methods: Methods;
  readonly tokens: Tokens;
  readonly limiter: Limiter;
  readonly emit: Emit;
  readonly blockLimits: BlockLimits;
  readonly corpus: Corpus | undefined;
}

interface Answer {
  readonly status: number;
  readonly body: Json;
  readonly headers?: Readonly<Record<string, string>>;
}

const no = (error: string, more: Json = {}): Answer => ({
  status: 200,
  body: { ok: false, error, ...more },
});

function throttled(seconds: number): Answer {
  const headers = { 'Retry-After': String(seconds) };
  return { status: 429, body: { ok: false, error: 'ratelimited' }, headers };
}

export function createWebApi(deps: WebApiDeps): WebApi {
  const { clock, state, tokens } = deps;
  let busy = 0;
  let held = 0;

  const run = (method: string, args: CallArguments, bearer: string | undefined): Answer => {
    const facts = METHODS[method];
    const handler = deps.methods[method];
    if (facts === undefined || handler === undefined)
      return no('unknown_method', { req_method: method });
    const holder = tokens.check(method, bearer);
    if ('error' in holder) return no(holder.error);
    const wait = deps.limiter.take(method, holder.install.teamId, textOf(args.values, 'channel'));
    if (wait !== undefined) return throttled(wait);
    if (deps.corpus !== undefined) api.violations.push(...violations(deps.corpus, method, args));
    const { scopes } = holder;
    if (
      scopes !== null &&
      facts.scopes.length > 0 &&
      !facts.scopes.some((each) => scopes.has(each))
    )
      return no('missing_scope', {
        needed: facts.scopes.join(','),
        provided: [...scopes].join(','),
      });
    const { token: _token, ...values } = args.values;
    const call: ApiCall = {
      method,
      args: values,
      install: holder.install,
      state,
      blockLimits: deps.blockLimits,
      emit: deps.emit,
    };
    const body = { ok: true, ...handler(call) };
    // Slack says with every answer what the token may do.
    if (scopes === null) return { status: 200, body };
    return { status: 200, body, headers: { 'x-oauth-scopes': [...scopes].join(',') } };
  };

  const answerTo = (method: string, args: CallArguments, bearer: string | undefined): Answer => {
    try {
      return run(method, args, bearer);
    } catch (error) {
      if (error instanceof SlackRefusal) {
        if (deps.corpus !== undefined && isInvented(deps.corpus, method, error.code))
          throw new Error(`${method} never answers ${error.code}`, { cause: error });
        return no(error.code, error.more);
      }
      throw error;
    }
  };

  const respond = (response: ServerResponse, { status, body, headers }: Answer): void => {
    response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', ...headers });
    response.end(JSON.stringify(body));
  };

  /** Until it is let go, or its client has gone. */
  const hold = (response: ServerResponse): (() => void) => {
    let isHeld = true;
    const letGo = (): void => {
      if (isHeld) held -= 1;
      isHeld = false;
    };
    held += 1;
    response.once('close', letGo);
    return letGo;
  };

  const spoil = async (
    fault: CallFault,
    work: () => Answer,
    response: ServerResponse,
  ): Promise<string> => {
    switch (fault.kind) {
      case 'delay': {
        const letGo = hold(response);
        await new Promise<void>((resolve) => {
          clock.after(fault.ms, resolve);
        });
        letGo();
        const answer = work();
        respond(response, answer);
        return outcomeOf(answer);
      }
      case 'throttle':
        respond(response, throttled(fault.retryAfterSeconds));
        return 'ratelimited';
      case 'error':
        respond(response, no(fault.error));
        return fault.error;
      case 'hang':
      case 'reset':
      case 'status': {
        const did = fault.done === true ? ` after ${outcomeOf(work())}` : '';
        if (fault.kind === 'hang') hold(response);
        if (fault.kind === 'reset') response.destroy();
        if (fault.kind === 'status')
          response.writeHead(fault.status, { 'Content-Type': 'text/html' }).end('upstream error');
        return `${fault.kind}${did}`;
      }
    }
  };

  const api: WebApi = {
    calls: [],
    violations: [],
    fault: () => undefined,
    busy: () => busy,
    held: () => held,
    async serve(request, response, url) {
      busy += 1;
      try {
        const method = url.pathname.slice('/api/'.length);
        const body = await readBody(request);
        const type = request.headers['content-type'] ?? '';
        const args = readArguments(type, url.search, body);
        const header = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
        const bearer = header ?? textOf(args.values, 'token');
        const holder: Install | undefined = tokens.peek(bearer);
        const { token: _token, ...values } = args.values;
        const call: RecordedCall = {
          method,
          teamId: holder?.teamId ?? null,
          args: values,
          at: clock.now(),
          outcome: '',
        };
        api.calls.push(call);
        const fault = api.fault(call);
        const work = (): Answer => answerTo(method, args, bearer);
        if (fault !== undefined) {
          if (fault.kind === 'delay') busy -= 1;
          call.outcome = await spoil(fault, work, response);
          if (fault.kind === 'delay') busy += 1;
          return;
        }
        const answer = work();
        call.outcome = outcomeOf(answer);
        respond(response, answer);
      } finally {
        busy -= 1;
      }
    },
  };
  return api;
}

function outcomeOf({ body }: Answer): string {
  return body.ok === true ? 'ok' : String(body.error);
}
