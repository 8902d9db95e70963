/**
 * The cookie of somebody who logged in. Invariant: it proves who they are by our signature, so any
 * replica with the key accepts it and a restart logs nobody out. It carries an id of its login: who
 * reads it asks the store whether that login was ended.
 */
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../core/ports/clock.ts';

const LIFE_SECONDS = 30 * 24 * 3600;
export const COOKIE_LIFE_MS = LIFE_SECONDS * 1000;
const VIEWER_ID = 'operator';

export interface ViewerCookie {
  /** Value of a `Set-Cookie` header. */
  issue(): string;
  /** Value of a `Set-Cookie` header that forgets it. */
  clear(): string;
  /** What a `Cookie` header proves; undefined when there is none that is valid now. */
  read(header: string | undefined): { readonly viewer: string; readonly login: string } | undefined;
}

/** `secure`: the page is reached by https, so the cookie is never sent without it. */
export function createViewerCookie(deps: {
  readonly key: Uint8Array;
  readonly clock: Clock;
  readonly secure: boolean;
}): ViewerCookie {
  const { key, clock, secure } = deps;
  const name = secure ? '__Host-threadcast' : 'threadcast';
  const attributes = `Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
  const sign = (payload: string): string =>
    createHmac('sha256', key).update(`viewer ${payload}`).digest('base64url');

  return {
    issue() {
      const expires = Math.floor(clock.now() / 1000) + LIFE_SECONDS;
      const payload = `${VIEWER_ID}.${expires}.${randomUUID()}`;
      return `${name}=${payload}.${sign(payload)}; Max-Age=${LIFE_SECONDS}; ${attributes}`;
    },
    clear: () => `${name}=; Max-Age=0; ${attributes}`,
    read(header) {
      for (const pair of (header ?? '').split(';')) {
        const [cookie, value = ''] = pair.trim().split('=', 2);
        if (cookie !== name) continue;
        const [viewer = '', expires = '', login = '', signature = ''] = value.split('.');
        const valid = sameText(signature, sign(`${viewer}.${expires}.${login}`));
        if (valid && Number(expires) * 1000 > clock.now()) return { viewer, login };
      }
      return undefined;
    },
  };
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
