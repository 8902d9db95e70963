/**
 * Who calls the API: nobody, the App with its JWT (RS256, at most 10 minutes), or an installation
 * with a token of the long form `ghs_<APPID>_<JWT>` that expires after an hour.
 */
import { createVerify, randomBytes } from 'node:crypto';
import type { Clock } from '../../../src/core/ports/clock.ts';
import { ApiError } from './model.ts';
import type { GitHubApp, Installation, Permissions, Repo } from './model.ts';

export interface InstallationToken {
  readonly token: string;
  readonly installation: Installation;
  readonly permissions: Permissions;
  /** Null = all that the installation sees. */
  readonly repos: ReadonlySet<Repo> | null;
  readonly expiresAt: number;
  revoked: boolean;
}

export type Principal =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'app' }
  | { readonly kind: 'installation'; readonly token: InstallationToken };

export interface Auth {
  readonly tokens: readonly InstallationToken[];
  /** Throws 401 when it is shown something that does not hold. */
  identify(authorization: string | undefined): Principal;
  issue(
    installation: Installation,
    permissions: Permissions,
    repos: ReadonlySet<Repo> | null,
  ): InstallationToken;
}

const LONGEST_JWT_S = 600;
const TOKEN_MS = 3_600_000;

function decode(part: string | undefined): Record<string, unknown> {
  const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
  if (typeof value !== 'object' || value === null) throw new Error('no object');
  return { ...value };
}

/** Throws 401 with GitHub's words: clients read them to see that their clock is off. */
function verifyJwt(jwt: string, app: GitHubApp, publicKey: string, nowS: number): void {
  const undecodable = new ApiError(401, 'A JSON web token could not be decoded');
  const [head, payload, signature] = jwt.split('.');
  let header: Record<string, unknown>;
  let claims: Record<string, unknown>;
  try {
    header = decode(head);
    claims = decode(payload);
  } catch {
    throw undecodable;
  }
  const signed = createVerify('RSA-SHA256').update(`${head}.${payload}`);
  const genuine = signed.verify(publicKey, Buffer.from(signature ?? '', 'base64url'));
  if (header['alg'] !== 'RS256' || !genuine) throw undecodable;
  const { iat, exp, iss } = claims;
  if (iss !== app.id && iss !== String(app.id) && iss !== app.clientId) {
    throw new ApiError(401, 'Integration must generate a public key');
  }
  if (typeof iat !== 'number' || iat > nowS) {
    throw new ApiError(
      401,
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    );
  }
  if (typeof exp !== 'number' || exp <= nowS) {
    throw new ApiError(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  }
  if (exp - nowS > LONGEST_JWT_S) {
    throw new ApiError(401, "'Expiration time' claim ('exp') is too far in the future");
  }
}

/** About 520 characters with `.`, `_` and `-`, as they are since 2026. */
function newToken(appId: number): string {
  const part = (bytes: number): string => randomBytes(bytes).toString('base64url');
  const head = Buffer.from('{"alg":"RS256","typ":"JWT"}').toString('base64url');
  return `ghs_${appId}_${head}.${part(120)}-_.${part(225)}`;
}

export function createAuth(
  clock: Clock,
  app: GitHubApp,
  publicKey: string,
  tokenMs = TOKEN_MS,
): Auth {
  const tokens: InstallationToken[] = [];
  return {
    tokens,
    identify: (authorization) => {
      if (authorization === undefined) return { kind: 'nobody' };
      const credential = authorization.replace(/^(bearer|token)\s+/i, '');
      if (!credential.startsWith('ghs_')) {
        verifyJwt(credential, app, publicKey, Math.floor(clock.now() / 1000));
        return { kind: 'app' };
      }
      const token = tokens.find((one) => one.token === credential);
      const { installation } = token ?? {};
      if (token === undefined || token.revoked || token.expiresAt <= clock.now()) {
        throw new ApiError(401, 'Bad credentials');
      }
      if (installation?.deleted === true) throw new ApiError(401, 'Bad credentials');
      if (installation?.suspendedAt !== null) {
        throw new ApiError(403, 'This installation has been suspended');
      }
      return { kind: 'installation', token };
    },
    issue: (installation, permissions, repos) => {
      const made: InstallationToken = {
        token: newToken(app.id),
        installation,
        permissions,
        repos,
        expiresAt: clock.now() + tokenMs,
        revoked: false,
      };
      tokens.push(made);
      return made;
    },
  };
}
