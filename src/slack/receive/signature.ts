/** Whether a request comes from Slack: HMAC-SHA-256 over the raw body, not older than five minutes. */
import { createHmac, timingSafeEqual } from 'node:crypto';

const OLDEST_SECONDS = 5 * 60;

export interface Signed {
  /** Headers X-Slack-Request-Timestamp and X-Slack-Signature. */
  readonly timestamp: string | null;
  readonly signature: string | null;
  readonly body: string;
}

export function sign(secret: string, timestamp: string, body: string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
}

/** `now` in milliseconds. A timestamp of the future is as suspicious as an old one. */
export function isFromSlack(secret: string, signed: Signed, now: number): boolean {
  const { timestamp, signature, body } = signed;
  if (timestamp === null || signature === null || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now / 1000 - Number(timestamp)) > OLDEST_SECONDS) return false;
  const right = Buffer.from(sign(secret, timestamp, body));
  const given = Buffer.from(signature);
  return given.length === right.length && timingSafeEqual(given, right);
}
