/** HTTP mode: signed POSTs to the app's request URL. */
import { createHmac } from 'node:crypto';
import type { Delivery, Reply, Transport } from './delivery.ts';

export interface HttpTransportOptions {
  readonly url: () => string | null;
  readonly signingSecret: string;
  /**
   * Seconds that the signature is dated with. The machine's own clock, because libraries compare
   * with that one, whatever clock a test turns.
   */
  readonly signedAt?: () => number;
}

export function signature(secret: string, timestamp: string, body: string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
}

function bodyOf({ kind, payload }: Delivery): { type: string; body: string } {
  if (kind === 'event') return { type: 'application/json', body: JSON.stringify(payload) };
  const fields =
    kind === 'interactive'
      ? { payload: JSON.stringify(payload) }
      : Object.fromEntries(Object.entries(payload).map(([key, value]) => [key, String(value)]));
  const body = new URLSearchParams(fields).toString();
  return { type: 'application/x-www-form-urlencoded', body };
}

export function createHttpTransport(options: HttpTransportOptions): Transport {
  const { signedAt = () => Math.floor(Date.now() / 1000) } = options;
  return async ({ delivery, retryNum, retryReason, forged, signal }): Promise<Reply> => {
    const url = options.url();
    if (url === null) throw new Error('The app has no request URL');
    const { type, body } = bodyOf(delivery);
    const timestamp = String(signedAt() - (forged === 'old_timestamp' ? 600 : 0));
    const secret = forged === 'wrong_signature' ? 'somebody else' : options.signingSecret;
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': type,
        'User-Agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
        'X-Slack-Request-Timestamp': timestamp,
        'X-Slack-Signature': signature(secret, timestamp, body),
        ...(retryNum > 0 && {
          'X-Slack-Retry-Num': String(retryNum),
          'X-Slack-Retry-Reason': retryReason,
        }),
      },
      body,
      signal,
      redirect: 'manual',
    });
    const text = await response.text();
    const noRetry = response.headers.get('x-slack-no-retry') === '1';
    return { status: response.status, body: text, noRetry };
  };
}
