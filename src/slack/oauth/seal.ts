/**
 * Secrets at rest: AES-256-GCM with a fresh nonce each time, bound to the account that they belong
 * to, so that a row cannot be passed for another one.
 *
 * Shape: `1.` base64url(nonce, 12 bytes) `.` base64url(ciphertext and tag).
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AppError } from '../../core/model/errors.ts';

const ALGORITHM = 'aes-256-gcm';
const TAG_BYTES = 16;

export interface Seal {
  seal(account: string, secret: string): string;
  /** AppError `unavailable` when it was not sealed with this key for this account. */
  open(account: string, sealed: string): string;
}

/** `key`: 32 bytes, the same on every replica. */
export function createSeal(key: Uint8Array): Seal {
  return {
    seal(account, secret) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(account));
      const parts = [cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()];
      return `1.${nonce.toString('base64url')}.${Buffer.concat(parts).toString('base64url')}`;
    },
    open(account, sealed) {
      try {
        const [, nonce = '', body = ''] = /^1\.([\w-]{16})\.([\w-]+)$/.exec(sealed) ?? [];
        const bytes = Buffer.from(body, 'base64url');
        const decipher = createDecipheriv(ALGORITHM, key, Buffer.from(nonce, 'base64url'));
        decipher.setAAD(Buffer.from(account)).setAuthTag(bytes.subarray(-TAG_BYTES));
        const text = decipher.update(bytes.subarray(0, -TAG_BYTES));
        return Buffer.concat([text, decipher.final()]).toString('utf8');
      } catch (error) {
        throw new AppError(
          'unavailable',
          `The tokens of workspace ${account} cannot be read with this server's key. Install the app there again.`,
          { cause: error },
        );
      }
    },
  };
}
