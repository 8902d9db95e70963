/**
 * The least that a bot of GitHub and Slack can do, as a process of its own: verifies, answers, and
 * posts one message for a mention. It stores nothing, so nothing that is durable is faster.
 */
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Payload {
  readonly comment?: { readonly body: string };
  readonly issue?: { readonly comments_url: string };
  readonly event?: { readonly type: string; readonly channel: string; readonly ts: string };
}

const { GITHUB_SECRET = '', SLACK_SECRET = '', SLACK_TOKEN = '', SLACK_API = '' } = process.env;
let githubToken = '';

const hmac = (secret: string, text: string | Buffer): string =>
  createHmac('sha256', secret).update(text).digest('hex');

const post = (url: string, token: string, body: object): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

async function answer({ comment, issue, event }: Payload): Promise<void> {
  if (issue !== undefined && comment?.body.includes('@threadcast') === true) {
    await post(issue.comments_url, githubToken, { body: 'starting' });
  }
  if (event?.type === 'app_mention') {
    const { channel, ts } = event;
    await post(`${SLACK_API}chat.postMessage`, SLACK_TOKEN, { channel, thread_ts: ts, text: 'hi' });
  }
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const raw = Buffer.concat(chunks);
    if (request.url === '/token') {
      githubToken = raw.toString();
      response.end();
      return;
    }
    const isSlack = request.url === '/slack/events';
    const stamp = String(request.headers['x-slack-request-timestamp']);
    const right = isSlack
      ? `v0=${hmac(SLACK_SECRET, `v0:${stamp}:${raw.toString()}`)}`
      : `sha256=${hmac(GITHUB_SECRET, raw)}`;
    const given = request.headers[isSlack ? 'x-slack-signature' : 'x-hub-signature-256'];
    response.writeHead(given === right ? (isSlack ? 200 : 202) : 401).end();
    if (given === right) void answer(JSON.parse(raw.toString()) as Payload);
  });
});
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
