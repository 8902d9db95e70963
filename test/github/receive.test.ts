/** What comes from outside: refused and without effect unless GitHub signed it. */
import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openGitHub, WEBHOOKS, type GitHubBench } from './bench.ts';

let bench: GitHubBench;
beforeEach(async () => {
  bench = await openGitHub();
});
afterEach(() => bench.close());

let counted = 0;

function post(
  body: string | Uint8Array<ArrayBuffer>,
  over: Record<string, string> = {},
): Promise<Response> {
  counted += 1;
  const signature = createHmac('sha256', bench.github.secret).update(body).digest('hex');
  const headers = {
    'content-type': 'application/json',
    'x-github-event': 'issue_comment',
    'x-github-delivery': `delivery-${counted}`,
    'x-hub-signature-256': `sha256=${signature}`,
    ...over,
  };
  return bench.webhook(new Request(WEBHOOKS, { method: 'POST', headers, body }));
}

const stored = async (): Promise<number> =>
  (await bench.stores.deliveries.pending('github', 10_000)).length;

describe('refuses, and changes nothing', () => {
  const json = '{"action":"created"}';
  test.each([
    ['no signature', json, { 'x-hub-signature-256': '' }, 401],
    ['a wrong signature', json, { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }, 401],
    ['the old kind of signature alone', json, { 'x-hub-signature-256': 'sha1=abc' }, 401],
    ['no delivery id', json, { 'x-github-delivery': '' }, 400],
    ['a delivery id that is none', json, { 'x-github-delivery': '../../etc' }, 400],
    ['no event', json, { 'x-github-event': '' }, 400],
    ['garbage', '\u0000\u0001not json', {}, 400],
    ['JSON that is no object', '"created"', {}, 400],
  ])('%s', async (_name, body, headers, status) => {
    const response = await post(body, headers);
    expect(response.status).toBe(status);
    expect(await stored()).toBe(0);
  });

  test('more than 25 MB, whatever its length header says', async () => {
    const body = new Uint8Array(25 * 1024 * 1024 + 1).fill(32);
    expect((await post(body)).status).toBe(413);
    expect((await post(body, { 'content-length': '10' })).status).toBe(413);
    expect(await stored()).toBe(0);
  });

  test('other methods', async () => {
    expect((await bench.webhook(new Request(WEBHOOKS))).status).toBe(405);
  });
});

test('a payload that GitHub sends as a form is taken too', async () => {
  const form = new URLSearchParams({ payload: '{"action":"none"}' }).toString();
  const response = await post(form, { 'content-type': 'application/x-www-form-urlencoded' });
  expect(response.status).toBe(202);
});

test('a secret that is wrong is told without saying more', async () => {
  const response = await post('{}', { 'x-hub-signature-256': 'sha256=aa' });
  expect(await response.text()).toBe('The signature is missing or wrong. Check WEBHOOK_SECRET.\n');
});

test('every public example of a payload is taken without an error or an unwanted action', async () => {
  const { github, stores } = bench;
  const before = github.calls.length;
  let count = 0;
  const examples: readonly { name: string; examples: readonly object[] }[] = createRequire(
    import.meta.url,
  )('@octokit/webhooks-examples');
  for (const { name, examples: payloads } of examples) {
    for (const payload of payloads) {
      count += 1;
      // As if all of it came from an installation of ours.
      const body = JSON.stringify({ installation: { id: bench.installation.id }, ...payload });
      expect((await post(body, { 'x-github-event': name })).status).toBe(202);
    }
  }
  await bench.pass(2_000);
  expect(count).toBeGreaterThan(300);
  expect(await stored()).toBe(0);
  expect(stores.lines).toEqual([]);
  // Tokens, and what was missed before the server stood, are asked for under /app.
  const writes = github.calls.slice(before).filter(({ method }) => method !== 'GET');
  expect(writes.filter(({ path }) => !path.startsWith('/app/'))).toEqual([]);
  expect(stores.agents.prompts).toEqual([]);
}, 30_000);
