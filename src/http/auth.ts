/**
 * Who calls. A token is looked up by its SHA-256 and is nowhere kept in clear; it is looked up for
 * every request, so a removed or expired token stops working at once.
 */
import { createHash, randomBytes } from 'node:crypto';
import { scopesToRoles } from '../core/access/authorize.ts';
import type { Caller } from '../core/model/actor.ts';
import { AppError } from '../core/model/errors.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Logger } from '../core/ports/logger.ts';
import type { ApiToken, TokenStore } from '../core/ports/stores.ts';
import { createRefusals } from './refusals.ts';

const TOKEN = /^tc_[A-Za-z0-9_-]{43}$/;
const USED_EVERY_MS = 60_000;

/** The stored form of a token: SHA-256 of the whole of it, hex. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** A new secret, to be shown once, and its hash, to be stored. 256 random bits. */
export function mintToken(): { readonly token: string; readonly hash: string } {
  const token = `tc_${randomBytes(32).toString('base64url')}`;
  return { token, hash: hashToken(token) };
}

/** The token of an Authorization header; undefined when there is none. */
export function bearerToken(header: string | undefined): string | undefined {
  const match = /^Bearer +(\S+)$/i.exec(header ?? '');
  return match?.[1];
}

export interface Authenticated {
  readonly token: ApiToken;
  readonly hash: string;
  readonly caller: Caller;
}

export interface Authenticator {
  /**
   * Rejects with AppError `unauthenticated`, or `limited` when this address was refused too often.
   * A valid token always passes: it cannot be guessed, so neighbours do not lock each other out.
   */
  authenticate(token: string | undefined, address: string): Promise<Authenticated>;
  /** The same token again, later: undefined when it was removed or has expired. */
  recheck(hash: string): Promise<Authenticated | undefined>;
}

export function createAuthenticator(deps: {
  readonly tokens: TokenStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly refusedTokensPerMinute: number;
}): Authenticator {
  const refusals = createRefusals(deps.clock, deps.refusedTokensPerMinute);
  const lastUsed = new Map<string, number>();

  function markUsed(token: ApiToken): void {
    const now = deps.clock.now();
    const last = lastUsed.get(token.id) ?? token.lastUsedAt ?? 0;
    if (now - last < USED_EVERY_MS) return;
    lastUsed.set(token.id, now);
    deps.tokens.used(token.id, now).catch((error: unknown) => {
      deps.logger.warn({ tokenId: token.id, err: error }, 'last use of a token not stored');
    });
  }

  async function recheck(hash: string): Promise<Authenticated | undefined> {
    const token = await deps.tokens.byHash(hash);
    if (token === undefined) return undefined;
    if (token.expiresAt !== null && token.expiresAt <= deps.clock.now()) return undefined;
    markUsed(token);
    const actor = { surface: 'api', id: token.id, name: token.name, kind: 'token' } as const;
    return { token, hash, caller: { actor, roles: scopesToRoles(token.scopes) } };
  }

  return {
    async authenticate(token, address) {
      if (token === undefined) {
        throw new AppError(
          'unauthenticated',
          'Send a token: "Authorization: Bearer tc_…". The first start wrote an admin token into the data directory.',
        );
      }
      const found = TOKEN.test(token) ? await recheck(hashToken(token)) : undefined;
      if (found !== undefined) return found;
      const retryAfterSeconds = refusals.add(address);
      if (retryAfterSeconds !== undefined) {
        throw new AppError('limited', 'Too many refused tokens from this address; wait a moment.', {
          details: { retryAfterSeconds },
        });
      }
      throw new AppError('unauthenticated', 'This token is not known, was removed or has expired.');
    },
    recheck,
  };
}
