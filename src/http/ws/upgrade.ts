/** Who may open a socket, and what it is for: decided before the upgrade, refused as plain HTTP. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { AppError } from '../../core/model/errors.ts';
import { parseId } from '../../core/model/ids.ts';
import type { SessionId } from '../../core/model/ids.ts';
import type { Session } from '../../core/model/session.ts';
import type { Authenticated, Authenticator } from '../auth.ts';
import { bearerToken } from '../auth.ts';
import type { HttpContext } from '../deps.ts';
import { errorHeaders, sayError } from '../errors.ts';
import type { OriginRules } from '../origin.ts';

export const SUBPROTOCOL = 'threadcast';
const TOKEN_ITEM = 'threadcast.token.';

export type Target =
  | { readonly kind: 'channels' }
  | { readonly kind: 'session'; readonly id: SessionId | undefined; readonly since: string };

/** What a path is for; undefined when it is not ours. */
export function targetOf(url: string | undefined): Target | undefined {
  const parsed = URL.parse(url ?? '/', 'http://localhost');
  if (parsed === null) return undefined;
  const { pathname, searchParams } = parsed;
  if (pathname === '/ws') return { kind: 'channels' };
  const id = /^\/ws\/sessions\/([^/]+)$/.exec(pathname)?.[1];
  if (id === undefined) return undefined;
  return { kind: 'session', id: parseId('s', id), since: searchParams.get('since') ?? '0' };
}

function tokenOf(request: IncomingMessage): string | undefined {
  const bearer = bearerToken(request.headers.authorization);
  if (bearer !== undefined) return bearer;
  const items = (request.headers['sec-websocket-protocol'] ?? '').split(',');
  const item = items.map((each) => each.trim()).find((each) => each.startsWith(TOKEN_ITEM));
  return item?.slice(TOKEN_ITEM.length);
}

export type Admission =
  | { readonly kind: 'channels'; readonly authenticated: Authenticated }
  | {
      readonly kind: 'session';
      readonly authenticated: Authenticated;
      readonly session: Session;
      readonly since: number;
    };

/** Rejects with the AppError that the client shall read. */
export async function admit(
  request: IncomingMessage,
  target: Target,
  deps: {
    readonly http: HttpContext;
    readonly authenticator: Authenticator;
    readonly origins: OriginRules;
  },
): Promise<Admission> {
  const { headers, socket } = request;
  const { localAddress, remoteAddress } = socket;
  deps.origins.check({ host: headers.host, origin: headers.origin, localAddress });
  const authenticated = await deps.authenticator.authenticate(
    tokenOf(request),
    remoteAddress ?? 'unknown',
  );
  if (deps.http.isClosing()) throw new AppError('unavailable', 'The server is shutting down.');
  if (target.kind === 'channels') return { kind: 'channels', authenticated };
  if (target.id === undefined) throw new AppError('not_found', 'There is no such session.');
  const session = await deps.http.sessions.session(authenticated.caller, target.id);
  const since = /^\d{1,15}$/.test(target.since) ? Number(target.since) : -1;
  if (since < 0 || since > session.lastSeq) {
    throw new AppError('invalid', `"since" must be a seq of the log, 0 to ${session.lastSeq}.`);
  }
  return { kind: 'session', authenticated, session, since };
}

/** Answers an upgrade that is refused, in the form of every other error. */
export function refuse(socket: Duplex, error: unknown, http: HttpContext): void {
  const said = sayError(error, randomUUID(), http);
  const body = JSON.stringify(said.body);
  const head = [
    `HTTP/1.1 ${said.status} ${STATUS_CODES[said.status] ?? 'Error'}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${said.body.requestId}`,
    ...Object.entries(errorHeaders(said)).map(([name, value]) => `${name}: ${value}`),
  ];
  // Node looks after it no more: one that its client leaves open would stay for ever.
  socket.once('finish', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
