/**
 * The state of an installation: whoever comes back from Slack must be the browser that we sent
 * there. Signed, ten minutes old at most, and the same as in the browser's cookie.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const LIFE_MS = 10 * 60_000;
const PURPOSE = 'slack install state 1\n';

export interface InstallState {
  mint(now: number): string;
  isValid(state: string | null, cookie: string | undefined, now: number): boolean;
}

export function createInstallState(key: Uint8Array): InstallState {
  const sign = (body: string): string =>
    createHmac('sha256', key)
      .update(PURPOSE + body)
      .digest('base64url');
  return {
    mint(now) {
      const body = `${now}.${randomBytes(16).toString('base64url')}`;
      return `${body}.${sign(body)}`;
    },
    isValid(state, cookie, now) {
      if (state === null || cookie === undefined || !same(state, cookie)) return false;
      const [at = '', nonce = '', signature = ''] = state.split('.');
      if (!same(signature, sign(`${at}.${nonce}`))) return false;
      const age = now - Number(at);
      return age >= 0 && age <= LIFE_MS;
    },
  };
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
