/**
 * Idempotency keys. Invariant: whatever an answer under a key made, it made it with ids derived
 * from the key, so a repetition that comes while the first is at work, or after it died, makes
 * nothing twice. Only answers that say "done" are kept; after an error the same key may try again.
 */
import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import type { z } from '@hono/zod-openapi';
import { AppError } from '../core/model/errors.ts';
import { deriveId, mintId } from '../core/model/ids.ts';
import type { IdPrefix } from '../core/model/ids.ts';
import type { HttpEnv } from './api.ts';
import type { HttpContext } from './deps.ts';

export const KEPT_MS = 24 * 60 * 60_000;

interface Answer<Body, Status extends number> {
  readonly status: Status;
  readonly body: Body;
}

/** A call that makes something: how its ids are made and where its answer is kept. */
export interface Attempt<Body, Status extends number> {
  /** The answer that an earlier call with this key got. */
  readonly earlier: Answer<Body, Status> | undefined;
  id<P extends IdPrefix>(prefix: P): ReturnType<typeof deriveId<P>>;
  keep(answer: Answer<Body, Status>): Promise<void>;
}

/**
 * Begins a call. `body` is the validated body, `schema` reads a kept answer back, `statuses` are
 * those that the route keeps. AppError `conflict` when the key came with another body before.
 */
export async function beginAttempt<Body, const Status extends number>(
  c: Context<HttpEnv>,
  http: HttpContext,
  body: unknown,
  kept: { readonly schema: z.ZodType<Body>; readonly statuses: readonly Status[] },
): Promise<Attempt<Body, Status>> {
  const key = c.req.header('idempotency-key');
  if (key === undefined) {
    return {
      earlier: undefined,
      id: (prefix) => Promise.resolve(mintId(prefix, http.clock.now())),
      keep: () => Promise.resolve(),
    };
  }
  const scope = `${c.var.authenticated.token.id} ${c.req.method} ${c.req.path}`;
  const request = `${JSON.stringify(body)}${new URL(c.req.url).search}`;
  const hash = createHash('sha256').update(request).digest('hex');
  const begun = await http.idempotency.begin(scope, key, hash, http.clock.now());
  if (begun.state === 'mismatch') {
    throw new AppError('conflict', 'This Idempotency-Key was used with another request.', {
      details: { state: 'used' },
    });
  }
  return {
    earlier:
      begun.state === 'answered'
        ? {
            status: statusOf(begun.answer.status, kept.statuses),
            body: kept.schema.parse(JSON.parse(begun.answer.body)),
          }
        : undefined,
    id: (prefix) => deriveId(prefix, `${scope} ${key}`),
    keep: ({ status, body: answer }) =>
      http.idempotency.finish(scope, key, { status, body: JSON.stringify(answer) }),
  };
}

function statusOf<Status extends number>(status: number, known: readonly Status[]): Status {
  const found = known.find((candidate) => candidate === status);
  if (found === undefined) throw new Error(`a kept answer has the status ${status}`);
  return found;
}
