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

const EXAMPLES: readonly { name: string; examples: readonly object[] }[] = createRequire(
  import.meta.url,
)('@octokit/webhooks-examples');

test.each(['of some repository', 'of our own repository'])(
  'every public example of a payload, as if it came %s, is taken without an error or an unwanted action',
  async (where) => {
    const { github, stores, repo } = bench;
    await bench.pass(1_000);
    const before = github.calls.length;
    const ours = { id: repo.id, name: repo.name, full_name: `${repo.owner.login}/${repo.name}` };
    let count = 0;
    for (const { name, examples: payloads } of EXAMPLES) {
      for (const payload of payloads) {
        count += 1;
        const from =
          where === 'of our own repository' && 'repository' in payload ? { repository: ours } : {};
        // As if all of it came from an installation of ours.
        const body = JSON.stringify({
          ...payload,
          installation: { id: bench.installation.id },
          ...from,
        });
        expect((await post(body, { 'x-github-event': name })).status).toBe(202);
      }
    }
    await bench.pass(60_000);
    expect(count).toBe(329);
    expect(await stored()).toBe(0);
    expect(stores.deliveries.failures()).toEqual([]);
    expect(stores.lines).toEqual([]);
    // Nothing was begun, nothing is meant to be said, and nothing was written.
    expect((await stores.memory.sessions.sessions({}, null, 10)).data).toEqual([]);
    expect(stores.agents.prompts).toEqual([]);
    expect(stores.outbox.rows()).toEqual([]);
    expect(stores.memory.decisions).toEqual([]);
    const calls = github.calls.slice(before);
    expect(
      calls.filter(({ method, path }) => method !== 'GET' && !path.startsWith('/app/')),
    ).toEqual([]);
    console.log(`${count} payloads ${where}: ${calls.length} calls, all of them reads`);
  },
  30_000,
);
