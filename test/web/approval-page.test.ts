/** The page where links to permission requests lead: looking decides nothing. */
import { beforeEach, describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from '../harness/manual-clock.ts';
import { asks, queued, started } from './play.ts';
import { readHtml } from './read-html.ts';
import { logInto, openStage, type Stage } from './stage.ts';

const ORIGIN = 'http://127.0.0.1';
const EXPIRY = 30 * 60_000;
const hidden = 'rm -rf build\u202e\u200b # and so on';

let clock: ManualClock;
let stage: Stage;
let cookie: string;
let link: string;

beforeEach(async () => {
  clock = createManualClock();
  stage = await openStage({ clock });
  cookie = await logInto(stage);
  ask({ command: hidden, cwd: '/work/<b>' });
  link = stage.approvalLink('r_1');
});

function ask(rawInput: object): void {
  const call = { toolCallId: 'c1', title: 'Clean up', kind: 'execute', rawInput };
  stage.session.push({
    type: 'session.created',
    data: { agentName: 'Codex', agentTemplateId: null },
  });
  stage.session.push(queued('p_1', 'go'), started('p_1'));
  stage.session.push(asks('p_1', 'r_1', call, clock.now() + EXPIRY));
}

const get = (path: string, headers: Record<string, string> = {}) =>
  stage.app.request(ORIGIN + path, { headers: { accept: 'text/html', cookie, ...headers } });

const post = (path: string, option: string, headers: Record<string, string> = {}) =>
  stage.app.request(ORIGIN + path, {
    method: 'POST',
    body: new URLSearchParams({ option }),
    headers: { accept: 'text/html', origin: ORIGIN, cookie, ...headers },
  });

const state = () => stage.session.requests.get('r_1')?.state;

describe('the page of a permission request', () => {
  it('shows what exactly runs, where, for whom and until when, and the options as offered', async () => {
    const html = await (await get(link)).text();
    expect(readHtml(html.slice(html.indexOf('<section id="request"')))).toMatchInlineSnapshot(`
      "Codex wants to run a command
      k7
      Agent
      Codex
      Kind
      execute
      Works in
      /work/<b>
      Asked for by
      You · web thread
      Asked
      00:00 UTC
      Expires
      ⏱ at 00:30 UTC
      Clean up
      rm -rf build⟨U+202E⟩⟨U+200B⟩ # and so on
       [Allow once]  [Allow always]  [Reject]
      ()"
    `);
    expect(html).not.toContain('<b>');
  });

  it('decides nothing when it is looked at, however often and with whatever in the address', async () => {
    for (const path of [link, `${link}?option=yes`, link]) {
      expect((await get(path)).status).toBe(200);
    }
    expect(state()).toBe('pending');
  });

  it('takes an answer by POST, and then says who gave which, and when', async () => {
    const answered = await post(link, 'no');
    expect([answered.status, answered.headers.get('location')]).toEqual([303, link]);
    expect(stage.session.requests.get('r_1')).toMatchObject({ state: 'answered', optionId: 'no' });
    const text = readHtml(await (await get(link)).text());
    expect(text).toMatch(/Denied by You · Reject · \d\d:\d\d UTC/);
    expect(text).not.toContain('[Allow once]');
  });

  it('takes no answer from another site, without a login, or from who may not', async () => {
    const elsewhere = { 'sec-fetch-site': 'cross-site' };
    expect((await post(link, 'yes', elsewhere)).status).toBe(403);
    expect((await post(link, 'yes', { origin: 'https://evil.test' })).status).toBe(403);
    expect((await post(link, 'yes', { cookie: '' })).status).toBe(401);
    stage.session.forbidReading(true);
    expect((await post(link, 'yes')).status).toBe(403);
    expect(state()).toBe('pending');
  });

  it('shows the outcome to whoever clicks twice, and takes no second thought', async () => {
    await post(link, 'no');
    const again = await post(link, 'no');
    expect([again.status, again.headers.get('location')]).toEqual([303, link]);
    expect((await post(link, 'yes')).status).toBe(409);
    expect(stage.session.requests.get('r_1')?.optionId).toBe('no');
  });

  it('says who was faster, and that an option was not offered', async () => {
    await post(link, 'no');
    const late = await post(link, 'yes');
    expect(late.status).toBe(409);
    expect(readHtml(await late.text())).toContain('Already denied by the operator: Reject.');
    expect(stage.session.requests.get('r_1')?.optionId).toBe('no');
  });

  it('takes nothing after its expiry, though it can still be read', async () => {
    await clock.advance(EXPIRY);
    const late = await post(link, 'yes');
    expect(late.status).toBe(409);
    expect(readHtml(await late.text())).toContain('This request has expired.');
    expect(state()).toBe('pending');
    expect((await get(link)).status).toBe(200);
  });

  it('offers nothing when what is asked is not what the link was made for', async () => {
    const other = stage.approvalLink('r_1', { rawInput: { command: 'ls' } });
    const html = await (await get(other)).text();
    expect(readHtml(html)).toContain('has changed since this link was made');
    expect(html).not.toContain('name="option"');
    expect((await post(other, 'yes')).status).toBe(409);
    expect(state()).toBe('pending');
  });

  it('is nowhere for a link that was changed, or is no link', async () => {
    for (const path of [`${link}A`, `${link.slice(0, -3)}AAA`, '/approve/x', '/approve/a.b']) {
      expect((await get(path)).status).toBe(404);
      expect((await post(path, 'yes')).status).toBe(404);
    }
    expect(state()).toBe('pending');
  });
});

describe('whoever follows a link without a login', () => {
  const logIn = async (next: string) => {
    const code = new URL(stage.login.mintLink(ORIGIN)).hash.slice(1);
    const response = await stage.app.request(`${ORIGIN}/login`, {
      method: 'POST',
      body: new URLSearchParams({ code, next }),
      headers: { accept: 'application/json', origin: ORIGIN },
    });
    return ((await response.json()) as { location?: string }).location;
  };

  it('is shown how to log in, nothing of the request, and comes back to it', async () => {
    const refused = await get(link, { cookie: '' });
    expect(refused.status).toBe(401);
    const html = await refused.text();
    expect(html).toContain(`name="next" value="${link}"`);
    expect(html).not.toContain('rm -rf');
    expect(await logIn(link)).toBe(link);
    expect(await logIn(`/sessions/${stage.session.id}`)).toBe(`/sessions/${stage.session.id}`);
  });

  it.each([
    'https://evil.test/',
    '//evil.test/sessions/s_1',
    '/\\evil.test',
    '/sessions/../../evil',
    '/approve/..',
    '/sessions/s_1\nLocation: https://evil.test',
    '/api/sessions',
    '/logout',
    'javascript:alert(1)',
    '/sessions/s_1?next=https://evil.test',
    '',
  ])('comes to the list, and nowhere else, when the next page is said to be "%s"', async (next) => {
    expect(await logIn(next)).toBe('/');
  });
});
