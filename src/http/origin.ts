/**
 * Which browser pages and host names are answered. A page of another site must not use a person's
 * browser as its way in (cross-site calls), nor pretend to be us by its DNS (rebinding).
 */
import { AppError } from '../core/model/errors.ts';

export interface OriginRules {
  /** Throws AppError `forbidden`. `localAddress` is our end of the connection. */
  check(headers: {
    readonly host: string | undefined;
    readonly origin: string | undefined;
    readonly localAddress: string | undefined;
  }): void;
  /** An origin that is not ours but may read our answers: it gets CORS headers. */
  isForeign(origin: string | undefined): origin is string;
}

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

function isLoopback(address: string | undefined): boolean {
  const plain = address?.replace(/^::ffff:/, '') ?? '';
  return plain === '::1' || plain.startsWith('127.');
}

function hostname(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase();
}

export function createOriginRules(
  publicUrl: string,
  allowedOrigins: readonly string[],
): OriginRules {
  const own = new URL(publicUrl);
  const foreign = new Set(allowedOrigins.map((origin) => new URL(origin).origin));

  function checkHost(host: string | undefined): void {
    const name = hostname(host ?? '');
    if (LOOPBACK_NAMES.has(name) || name === own.hostname.toLowerCase()) return;
    throw new AppError(
      'forbidden',
      'This server does not answer to that host name. Set PUBLIC_URL to the address that people use.',
    );
  }

  function checkOrigin(origin: string, host: string | undefined): void {
    if (origin === own.origin || foreign.has(origin)) return;
    if (URL.canParse(origin) && host !== undefined && new URL(origin).host === host) return;
    throw new AppError(
      'forbidden',
      'Pages of this origin may not call the API. Add it to the allowed origins if they should.',
    );
  }

  return {
    check({ host, origin, localAddress }) {
      if (isLoopback(localAddress)) checkHost(host);
      if (origin !== undefined) checkOrigin(origin, host);
    },
    isForeign: (origin): origin is string => origin !== undefined && foreign.has(origin),
  };
}
