/**
 * A Surface with state: it keeps what people would see, enforces limits of its own, and fails in
 * the ways that surfaces fail (throttles, refuses, hangs, does it but loses the answer).
 */
import type { ThreadRef } from '../../src/core/model/thread.ts';
import type { Clock } from '../../src/core/ports/clock.ts';
import type {
  OutboundBudget,
  Rendered,
  ResolvedView,
  SendFailure,
  SendResult,
  Surface,
} from '../../src/core/ports/surface.ts';

export type Op = 'post' | 'edit' | 'find';

export interface Call {
  readonly op: Op;
  readonly account: string;
  readonly thread: string;
  /** Key of the message, also for an edit. */
  readonly key: string;
  readonly at: number;
}

export type Fault =
  /** Answers so, and does nothing. */
  | SendFailure
  /** Does it, and answers `unknown`. */
  | { readonly kind: 'lost' }
  /** Does nothing (or, with `done`, does it) and never answers. */
  | { readonly kind: 'hang'; readonly done?: boolean }
  | { readonly kind: 'throw' };

export interface Shown {
  readonly id: string;
  readonly key: string;
  readonly thread: string;
  body: string;
  /** Every body that it had, with the time it became visible. */
  readonly history: { readonly at: number; readonly body: string }[];
}

export interface FakeSurfaceOptions {
  readonly clock: Clock;
  readonly name?: string;
  /** What the surface says that it bears. */
  readonly budget?: OutboundBudget;
  /** What it really bears: more is throttled. */
  readonly limit?: OutboundBudget;
  readonly budgetsOf?: Surface['budgetsOf'];
  readonly intervalMs?: number;
  readonly latencyMs?: number;
  /** Longest body; longer is refused. */
  readonly maxLength?: number;
  readonly render?: (view: ResolvedView, now: number, mirror?: string | null) => Rendered;
  readonly mirrors?: Surface['mirrors'];
}

export interface FakeSurface extends Surface {
  readonly calls: Call[];
  /** Decides the fate of each call; undefined = it works. */
  fault: (call: Call) => Fault | undefined;
  messages(): readonly Shown[];
  /** The one message with this key; throws when there are several. */
  shown(key: string): Shown | undefined;
  count(op: Op): number;
  /** Somebody deletes it on the surface. */
  remove(key: string): void;
}

export function renderPlainly(view: ResolvedView): string {
  switch (view.kind) {
    case 'notice':
      return view.markdown;
    case 'permission': {
      const { code, toolCall, outcome } = view.permission;
      const answer = outcome === null ? 'pending' : (outcome.option?.name ?? outcome.kind);
      return `permission ${code} "${toolCall.title}": ${answer}`;
    }
    case 'turn': {
      const { turn } = view;
      const place = turn.position === null ? '' : ` #${turn.position}`;
      const said = turn.parts.map((part) => ('text' in part ? part.text : '·')).join('');
      return `turn ${turn.state}${place}: ${said}`;
    }
  }
}

/** The limit that the surface really has: a plain token bucket per account. */
function createLimiter(clock: Clock, limit: OutboundBudget | undefined) {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return (account: string): number | undefined => {
    if (limit === undefined) return undefined;
    const now = clock.now();
    const bucket = buckets.get(account) ?? { tokens: limit.burst, at: now };
    const gained = ((now - bucket.at) * limit.perMinute) / 60_000;
    bucket.tokens = Math.min(limit.burst, bucket.tokens + gained);
    bucket.at = now;
    buckets.set(account, bucket);
    if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) * 60_000) / limit.perMinute);
    bucket.tokens -= 1;
    return undefined;
  };
}

export function createFakeSurface(options: FakeSurfaceOptions): FakeSurface {
  const { clock, maxLength = 10_000 } = options;
  const messages = new Map<string, Shown>();
  const calls: Call[] = [];
  const limited = createLimiter(clock, options.limit);
  let made = 0;

  const never = <T>(): Promise<SendResult<T>> => new Promise(() => {});
  const fail = (failure: SendFailure): SendResult<never> => ({ ok: false, failure });

  const serve = async <T>(call: Call, work: () => SendResult<T>): Promise<SendResult<T>> => {
    calls.push(call);
    const retryAfterMs = limited(call.account);
    const fault = surface.fault(call);
    const { latencyMs } = options;
    if (latencyMs !== undefined) {
      await new Promise<void>((resolve) => {
        clock.after(latencyMs, resolve);
      });
    }
    if (retryAfterMs !== undefined) return fail({ kind: 'throttled', retryAfterMs });
    if (fault === undefined) return work();
    switch (fault.kind) {
      case 'lost':
        work();
        return fail({ kind: 'unknown', message: 'the connection broke' });
      case 'hang':
        if (fault.done === true) work();
        return never();
      case 'throw':
        throw new Error('the client library broke');
      default:
        return fail(fault);
    }
  };

  const isTooLong = (body: string): boolean => body.length > maxLength;
  const refused = fail({ kind: 'refused', message: 'msg_too_long' });

  const callOf = (op: Op, ref: ThreadRef, key: string): Call => ({
    op,
    account: ref.account,
    thread: ref.key,
    key,
    at: clock.now(),
  });

  const surface: FakeSurface = {
    name: options.name ?? 'fake',
    budget: options.budget ?? { burst: 1_000, perMinute: 60_000 },
    progressInterval: () => options.intervalMs ?? 5_000,
    render: options.render ?? renderPlainly,
    ...(options.budgetsOf === undefined ? {} : { budgetsOf: options.budgetsOf }),
    ...(options.mirrors === undefined ? {} : { mirrors: options.mirrors }),
    fault: () => undefined,
    calls,
    post: (ref, key, body) => {
      return serve<string>(callOf('post', ref, key), () => {
        if (isTooLong(body)) return refused;
        made += 1;
        const id = `m${made}`;
        const history = [{ at: clock.now(), body }];
        messages.set(id, { id, key, thread: ref.key, body, history });
        return { ok: true, value: id };
      });
    },
    edit: (ref, id, body) => {
      const key = messages.get(id)?.key ?? '';
      return serve<null>(callOf('edit', ref, key), () => {
        const message = messages.get(id);
        if (message === undefined) return fail({ kind: 'gone', message: 'message_not_found' });
        if (isTooLong(body)) return refused;
        message.body = body;
        message.history.push({ at: clock.now(), body });
        return { ok: true, value: null };
      });
    },
    find: (ref, key) => {
      return serve<string | null>(callOf('find', ref, key), () => {
        const found = [...messages.values()].find((message) => message.key === key);
        return { ok: true, value: found?.id ?? null };
      });
    },
    messages: () => [...messages.values()],
    shown: (key) => {
      const all = [...messages.values()].filter((message) => message.key === key);
      if (all.length > 1) throw new Error(`${all.length} messages with the key ${key}`);
      return all[0];
    },
    count: (op) => calls.filter((call) => call.op === op).length,
    remove: (key) => {
      for (const [id, message] of messages) if (message.key === key) messages.delete(id);
    },
  };
  return surface;
}
