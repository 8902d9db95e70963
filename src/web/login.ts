/**
 * Login by a one-time link. Invariant: a code opens the page once, within 15 minutes of its making,
 * on a server that was up when it was made; so a code in a log or a shell history is worth nothing.
 *
 * The code is signed, not stored, so that a command in another process with the same key can make
 * one. It travels in the URL's fragment: link previews and proxies never see it, and opening the
 * link does not use it up.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../core/ports/clock.ts';

const LIFE_MS = 15 * 60_000;
const TIME_BYTES = 8;
const NONCE_BYTES = 16;
const SIGNATURE_BYTES = 16;

export type Redeemed = 'ok' | 'wrong' | 'expired' | 'used';

export interface Login {
  /** A link for one person, once, for 15 minutes. `publicUrl` is where the page is reached. */
  mintLink(publicUrl: string): string;
  /** Uses a code up. `expired` also when it was made before this process started. */
  redeem(code: string): Redeemed;
}

export function createLogin(deps: { readonly key: Uint8Array; readonly clock: Clock }): Login {
  const { key, clock } = deps;
  const startedAt = clock.now();
  const used = new Map<string, number>();
  const sign = (payload: Uint8Array): Buffer =>
    createHmac('sha256', key).update('login').update(payload).digest().subarray(0, SIGNATURE_BYTES);

  const forgetOld = (now: number): void => {
    for (const [code, at] of used) if (at + LIFE_MS < now) used.delete(code);
  };

  return {
    mintLink(publicUrl) {
      const payload = Buffer.alloc(TIME_BYTES + NONCE_BYTES);
      payload.writeBigUInt64BE(BigInt(clock.now()));
      randomBytes(NONCE_BYTES).copy(payload, TIME_BYTES);
      const code = Buffer.concat([payload, sign(payload)]).toString('base64url');
      return `${new URL('/login', publicUrl).href}#${code}`;
    },

    redeem(code) {
      const bytes = Buffer.from(code.trim(), 'base64url');
      if (bytes.length !== TIME_BYTES + NONCE_BYTES + SIGNATURE_BYTES) return 'wrong';
      const payload = bytes.subarray(0, TIME_BYTES + NONCE_BYTES);
      if (!timingSafeEqual(bytes.subarray(payload.length), sign(payload))) return 'wrong';
      const now = clock.now();
      const mintedAt = Number(payload.readBigUInt64BE());
      if (mintedAt < startedAt || mintedAt + LIFE_MS < now) return 'expired';
      forgetOld(now);
      const id = payload.toString('base64url');
      if (used.has(id)) return 'used';
      used.set(id, mintedAt);
      return 'ok';
    },
  };
}
