import { beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/core/model/errors.ts';
import type { Thread } from '../../src/core/model/thread.ts';
import { asks, queued, started } from './play.ts';
import { readHtml } from './read-html.ts';
import { openStage, type Stage } from './stage.ts';

const ORIGIN = 'http://127.0.0.1';
const BROWSER = { accept: 'text/html' };
const SCRIPT = { accept: 'application/json', origin: ORIGIN };

let stage: Stage;
let thread: Thread;
let cookie: string;

function get(path: string, headers: Record<string, string> = {}) {
  return stage.app.request(ORIGIN + path, { headers: { ...BROWSER, cookie, ...headers } });
}

function post(path: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  const body = new URLSearchParams(fields);
  return stage.app.request(ORIGIN + path, {
    method: 'POST',
    body,
    headers: { ...SCRIPT, cookie, ...headers },
  });
}

async function messageOf(response: Response): Promise<unknown> {
  return ((await response.json()) as { message?: unknown }).message;
}

async function logIn(): Promise<string> {
  const code = new URL(stage.login.mintLink(ORIGIN)).hash.slice(1);
  const response = await post('/login', { code });
  return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}

beforeEach(async () => {
  stage = await openStage();
  thread = await stage.openThread('A thread');
  cookie = '';
  cookie = await logIn();
});

describe('whoever is not logged in', () => {
  beforeEach(() => {
    cookie = '';
  });

  it('sees how to get in, and nothing else', async () => {
    for (const path of ['/', `/threads/${thread.id}`]) {
      const response = await get(path);
      expect(response.status).toBe(401);
      const html = await response.text();
      expect(html).not.toContain('A thread');
      expect(readHtml(html)).toContain('Open the link that npm start printed');
    }
  });

  it('can change nothing and listen to nothing', async () => {
    const paths = ['/web/threads', `/web/threads/${thread.id}/messages`, '/web/action', '/logout'];
    for (const path of [...paths, `/web/sessions/${stage.session.id}/prompts/p_1/cancel`]) {
      expect((await post(path, { id: '12345678', text: 'x' })).status).toBe(401);
    }
    for (const path of ['/web/stream', `/web/threads/${thread.id}/stream`]) {
      expect((await get(path, { accept: 'text/event-stream' })).status).toBe(401);
    }
    expect(stage.received).toEqual([]);
  });

  it('gets a cookie for a code, and a sentence for a code that was used', async () => {
    const code = new URL(stage.login.mintLink(ORIGIN)).hash.slice(1);
    const first = await post('/login', { code });
    expect([first.status, await first.json()]).toEqual([200, { location: '/' }]);
    expect(first.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict/);
    const second = await post('/login', { code });
    expect(second.status).toBe(401);
    expect(second.headers.get('set-cookie')).toBeNull();
    expect(await messageOf(second)).toBe(
      'This link was used already. For a new one, run npm start login where the server runs.',
    );
  });

  it('is somebody who logged out, whoever kept a copy of the cookie; other logins go on', async () => {
    const first = await logIn();
    const second = await logIn();
    cookie = first;
    expect((await post('/logout', {})).headers.get('set-cookie')).toContain('Max-Age=0');
    expect((await get('/')).status).toBe(401);
    expect((await post('/web/action', {})).status).toBe(401);
    cookie = second;
    expect((await get('/')).status).toBe(200);
  });

  it('is sent once more when a link on another site led here, as that brings no strict cookie', async () => {
    const headers = { 'sec-fetch-site': 'cross-site' };
    const first = await (await get(`/threads/${thread.id}`, headers)).text();
    expect(first).toContain(`content="0;url=/threads/${thread.id}?again"`);
    const again = await (await get(`/threads/${thread.id}?again`, headers)).text();
    expect(again).not.toContain('http-equiv="refresh"');
  });
});

describe('every answer', () => {
  it('forbids whatever does not come from our own origin', async () => {
    const answers = [get('/'), get('/login'), get('/assets/style.css'), get('/threads/t_none')];
    for (const { headers } of await Promise.all([...answers, post('/web/action', {})])) {
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
      );
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
    }
  });

  it('keeps pages out of caches, and asks whether assets changed', async () => {
    expect((await get('/')).headers.get('cache-control')).toBe('no-store');
    const asset = await get('/assets/main.ts');
    expect(asset.headers.get('content-type')).toContain('text/javascript');
    const etag = asset.headers.get('etag') ?? '';
    expect((await get('/assets/main.ts', { 'if-none-match': etag })).status).toBe(304);
    expect((await get('/assets/../app.ts')).status).toBe(404);
  });

  it('says no more than an id when something breaks, and logs the cause', async () => {
    stage.failInbound(new Error('secret detail'));
    const response = await post(`/web/threads/${thread.id}/messages`, {
      id: '12345678',
      text: 'x',
    });
    expect(response.status).toBe(500);
    expect(await messageOf(response)).toMatch(
      /^Something went wrong on the server\. .*[0-9a-f-]{36}\.$/,
    );
    expect(JSON.stringify(stage.logged[0])).toContain('errorId');
  });
});

describe('a change', () => {
  it.each([
    ['of another site', { origin: 'https://evil.example' }],
    ['of a sandboxed frame', { origin: 'null' }],
    ['of a site on another port', { origin: 'http://127.0.0.1:9999' }],
    ['that the browser says came from a sibling', { 'sec-fetch-site': 'same-site' }],
    ['that the browser says came from elsewhere', { 'sec-fetch-site': 'cross-site' }],
  ])('%s is refused', async (_what, headers) => {
    const fields = { id: '12345678', text: 'x' };
    const response = await post(`/web/threads/${thread.id}/messages`, fields, headers);
    expect(response.status).toBe(403);
    expect(stage.received).toEqual([]);
  });

  it('of our own page passes, by what the browser says or by its origin', async () => {
    const path = `/web/threads/${thread.id}/messages`;
    const own = { origin: 'null', 'sec-fetch-site': 'same-origin' };
    expect((await post(path, { id: '12345678', text: 'x' }, own)).status).toBe(200);
    expect((await post(path, { id: '12345679', text: 'x' })).status).toBe(200);
  });
});

describe('the page of a thread', () => {
  it('leads to the page of its session', async () => {
    const html = await (await get(`/threads/${thread.id}`)).text();
    expect(html).toContain(`href="/sessions/${stage.session.id}"`);
  });
});

describe('writing', () => {
  it('shows the message at once and hands it on as the operator', async () => {
    await post(`/web/threads/${thread.id}/messages`, { id: 'abcd-1234', text: 'Do it\r\nnow' });
    const [message] = await stage.hosted.messages(thread.id);
    expect(readHtml(message?.body ?? '')).toBe('Do it now');
    expect(stage.received).toMatchObject([
      {
        deliveryId: `${thread.id}:abcd-1234`,
        text: 'Do it\nnow',
        addressed: true,
        thread: thread.ref,
        actor: { surface: 'web', id: 'operator', kind: 'person' },
        roles: ['read', 'run', 'approve', 'maintain'],
      },
    ]);
  });

  it('is one message however often it is sent, also when the first try failed half way', async () => {
    const send = () =>
      post(`/web/threads/${thread.id}/messages`, { id: 'abcd-1234', text: 'Do it' });
    stage.failInbound(new AppError('unavailable', 'The disk is full.'));
    const failed = await send();
    expect([failed.status, await messageOf(failed)]).toEqual([503, 'The disk is full.']);
    stage.failInbound(null);
    await send();
    await send();
    expect(await stage.hosted.messages(thread.id)).toHaveLength(1);
    expect(stage.received).toHaveLength(1);
  });

  it('opens a thread with the chosen agent, once for each id', async () => {
    const fields = { id: 'new-thread-1', agent: 'codex', text: 'Mend it\nplease' };
    const first = (await (await post('/web/threads', fields)).json()) as { location: string };
    expect(await (await post('/web/threads', fields)).json()).toEqual(first);
    expect(stage.received).toMatchObject([
      { text: 'agent=codex Mend it\nplease', threadTitle: 'Mend it' },
    ]);
    const page = readHtml(await (await get(first.location)).text());
    expect(page).toContain('Mend it please');
    expect(page).not.toContain('agent=codex');
  });

  it('leaves a command alone', async () => {
    await post('/web/threads', { id: 'new-thread-2', agent: 'codex', text: '/help' });
    expect(stage.received[0]?.text).toBe('/help');
  });

  it.each([
    [
      'nothing',
      { id: '12345678', text: ' \n ' },
      400,
      'The message is empty. Write something first.',
    ],
    [
      'an id of its own making',
      { id: '../../x', text: 'x' },
      400,
      'The message has no id. Reload the page and send it again.',
    ],
    [
      'a book',
      { id: '12345678', text: 'x'.repeat(200_001) },
      413,
      'The message is too long: at most 200,000 characters fit. Put the rest into a file.',
    ],
    [
      'a library',
      { id: '12345678', text: 'x'.repeat(3_000_000) },
      413,
      'That is more than a message may be. Send less at once.',
    ],
  ])('%s is refused with a sentence', async (_what, fields, status, sentence) => {
    const response = await post(`/web/threads/${thread.id}/messages`, fields);
    expect([response.status, await messageOf(response)]).toEqual([status, sentence]);
    expect(stage.received).toEqual([]);
  });

  it('works without script: the browser is sent back to the thread', async () => {
    const path = `/web/threads/${thread.id}/messages`;
    const response = await post(path, { id: '12345678', text: 'x' }, BROWSER);
    expect([response.status, response.headers.get('location')]).toEqual([
      303,
      `/threads/${thread.id}`,
    ]);
  });
});

describe('a button of a permission request', () => {
  let token: string;
  let otherToken: string;
  const tokens = (html: string): readonly string[] =>
    [...html.matchAll(/name="token" value="([^"]+)"/g)].map(([, value = '']) => value);

  beforeEach(async () => {
    const call = { toolCallId: 'c1', title: 'ls', kind: 'execute', rawInput: { command: 'ls' } };
    const expires = stage.clock.now() + 60_000;
    stage.session.push(queued('p_1', 'go'), started('p_1'), asks('p_1', 'r_1', call, expires));
    await stage.present(thread);
    const html = await (await get(`/threads/${thread.id}`)).text();
    [token = '', otherToken = ''] = tokens(html);
  });

  it('answers with the option that it names', async () => {
    expect((await post('/web/action', { token })).status).toBe(200);
    expect(stage.session.requests.get('r_1')).toMatchObject({
      state: 'answered',
      optionId: 'yes',
      answeredBy: { name: 'the operator' },
    });
  });

  it('says who was faster when it comes too late, and nothing to a double click', async () => {
    await post('/web/action', { token });
    expect((await post('/web/action', { token })).status).toBe(200);
    const late = await post('/web/action', { token: otherToken });
    expect([late.status, await messageOf(late)]).toEqual([
      409,
      'Already allowed by the operator: Allow once.',
    ]);
  });

  it('does nothing when its token was changed or made for another input', async () => {
    const request = stage.session.requests.get('r_1');
    if (request === undefined) throw new Error('Nothing was asked');
    const toolCall = { ...request.toolCall, rawInput: { command: 'rm -rf /' } };
    stage.session.requests.set('r_1', { ...request, toolCall });
    const other = await post('/web/action', { token });
    expect([other.status, await messageOf(other)]).toEqual([
      422,
      'What the agent asks has changed. Please read it again.',
    ]);
    for (const wrong of ['', 'x', `${token}x`]) {
      expect((await post('/web/action', { token: wrong })).status).toBe(422);
    }
    expect(stage.session.requests.get('r_1')?.state).toBe('pending');
  });
});

it('says which methods an address takes', async () => {
  const response = await get('/web/action');
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
});

describe('the other buttons', () => {
  it('cancel, retry and resume what they stand beside', async () => {
    const session = `/web/sessions/${stage.session.id}`;
    await post(`${session}/prompts/p_1/cancel`, {});
    await post(`${session}/prompts/p_2/retry`, {});
    await post(`${session}/queue/resume`, {});
    expect(stage.session.calls).toEqual([
      ['cancelPrompt', stage.session.id, 'p_1'],
      ['retry', stage.session.id, 'p_2'],
      ['resumeQueue', stage.session.id],
    ]);
  });
});
