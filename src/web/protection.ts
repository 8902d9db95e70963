/**
 * What every answer of the page carries, and what every change must prove. Invariant: nothing
 * loads or runs that does not come from our own origin, and no other site can make a browser act.
 */
import type { MiddlewareHandler } from 'hono';
import { AppError } from '../core/model/errors.ts';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

export const protectiveHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  c.header('Content-Security-Policy', POLICY);
  c.header('X-Content-Type-Options', 'nosniff');
  c.header('Referrer-Policy', 'no-referrer');
  c.header('Cross-Origin-Opener-Policy', 'same-origin');
  if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store');
};

/**
 * Changes only from our own pages. `Sec-Fetch-Site` decides where the browser sends it; otherwise
 * `Origin` must be ours: the public one, or the host that was asked.
 */
export function sameOriginOnly(publicUrl: string): MiddlewareHandler {
  const publicOrigin = new URL(publicUrl).origin;
  return async (c, next) => {
    const site = c.req.header('sec-fetch-site');
    const origin = c.req.header('origin') ?? '';
    const own =
      site === undefined
        ? origin === publicOrigin || hostOf(origin) === new URL(c.req.url).host
        : site === 'same-origin';
    if (!own) {
      throw new AppError(
        'forbidden',
        'This was not sent by a page of this server. Reload the page and try again.',
      );
    }
    await next();
  };
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
