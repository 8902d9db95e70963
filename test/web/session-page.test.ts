/** The page of a session: whole, in pieces, and only for who may read it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { asks, ended, queued, says, started, update } from './play.ts';
import { readHtml } from './read-html.ts';
import { logInto, openStage, type Stage } from './stage.ts';

let stage: Stage;
let cookie: string;

beforeEach(async () => {
  stage = await openStage();
  cookie = await logInto(stage);
});

const get = (path: string, headers: Record<string, string> = {}) =>
  stage.app.request(`http://127.0.0.1${path}`, {
    headers: { accept: 'text/html', cookie, ...headers },
  });

const textOf = async (path: string): Promise<string> => readHtml(await (await get(path)).text());

const output = (text: string) => [{ type: 'content', content: { type: 'text', text } }];

const reads = (prompt: string, id: string, text: string) =>
  update(prompt, 'tool_call', {
    toolCallId: id,
    title: `Read ${id}`,
    kind: 'read',
    status: 'completed',
    rawInput: { path: id, limit: 20 },
    content: output(text),
  });

const turn = (prompt: string, text: string, answer: string) => [
  queued(prompt, text),
  started(prompt),
  says(prompt, answer),
  ended(prompt),
];

describe('the first page', () => {
  it('lists sessions of other places, but those of its own threads only once', async () => {
    const { session, threads } = stage;
    const ref = { surface: 'github', account: '1', key: '2/issue/3' };
    const { id } = await threads.ensure(ref, 'Fix the <b>build</b>', 1);
    await threads.bind(id, session.id, 1);
    const html = await (await get('/')).text();
    expect(html).toContain(`<a href="/sessions/${session.id}">`);
    expect(readHtml(html)).toContain('Fix the <b>build</b>');
    expect(readHtml(html)).toContain('GitHub');
    await stage.openThread('Here as well');
    expect(await (await get('/')).text()).not.toContain(`/sessions/${session.id}`);
  });
});

describe('the page of a session', () => {
  it('shows a session that lives elsewhere: who started it, its turns, what they were asked', async () => {
    const ann = { surface: 'github', id: '7', name: 'ann', kind: 'person' } as const;
    stage.session.push(queued('p_1', 'Why does it fail?', ann), started('p_1'));
    stage.session.push(says('p_1', 'The **clock**.'), ended('p_1'));
    const text = await textOf(`/sessions/${stage.session.id}`);
    expect(text).toContain('Started by ann · GitHub');
    expect(text).toContain('ann · GitHub');
    expect(text).toContain('Why does it fail?');
    expect(text).toContain('The clock.');
  });

  it('cuts nothing: what a thread leaves out of an answer is all here', async () => {
    const long = Array.from({ length: 40_000 }, (_, line) => `word${line}`).join('\n\n');
    stage.session.push(...turn('p_1', 'go', long));
    const html = await (await get(`/sessions/${stage.session.id}`)).text();
    expect(html).toContain('word0<');
    expect(html).toContain('word39999<');
  });

  it('gives what is behind a line when it is asked for: whole input, whole output, whole diff', async () => {
    const big = Array.from({ length: 3_000 }, (_, line) => `line ${line}`).join('\n');
    const diff = { type: 'diff', path: 'big.txt', oldText: null, newText: big };
    const call = { toolCallId: 'c1', title: 'Write', kind: 'edit', rawInput: { mode: 'whole' } };
    stage.session.push(queued('p_1', 'go'), started('p_1'));
    stage.session.push(update('p_1', 'tool_call', { ...call, content: [diff, ...output(big)] }));
    const html = await (await get(`/sessions/${stage.session.id}`)).text();
    expect(html).not.toContain('line 2999');
    const url = /data-load="([^"]+)"/.exec(html)?.[1] ?? '';
    const part = await (await get(url, { accept: 'text/x-fragment' })).text();
    expect(part).toContain('&quot;mode&quot;: &quot;whole&quot;');
    expect(part).toContain('+line 2999');
    expect(part.match(/line 2999/g)).toHaveLength(2);
    expect(part).not.toContain('<html');
    expect(await (await get(url)).text()).toContain('<html');
  });

  it('folds long runs of steps, and gives their lines when they are opened', async () => {
    stage.session.push(queued('p_1', 'go'), started('p_1'));
    for (let step = 0; step < 60; step += 1) stage.session.push(reads('p_1', `f${step}`, 'x'));
    const html = await (await get(`/sessions/${stage.session.id}`)).text();
    expect(html.match(/class="earlier"/g)).toHaveLength(2);
    expect(readHtml(html)).not.toContain('Read f49');
    expect(readHtml(html)).toContain('Read f50');
    const [, url = ''] = /data-load="([^"]+steps\/25-49)"/.exec(html) ?? [];
    const lines = readHtml(await (await get(url, { accept: 'text/x-fragment' })).text());
    expect(lines).toContain('Read f25');
    expect(lines).toContain('Read f49');
    expect(lines).not.toMatch(/Read f(24|50)\b/);
  });

  it('begins with the newest turns, and leads to each earlier one exactly once', async () => {
    const names = Array.from({ length: 45 }, (_, index) => `p_${index}`);
    for (const name of names) stage.session.push(...turn(name, `Ask ${name}.`, `Done ${name}.`));
    const seen: string[] = [];
    let path: string | undefined = `/sessions/${stage.session.id}`;
    while (path !== undefined) {
      const html: string = await (await get(path)).text();
      const shown = [...html.matchAll(/id="turn-(p_\d+)"/g)].map(([, id]) => id ?? '');
      seen.unshift(...shown);
      path = /href="(\/sessions\/[^"]+before=[^"]+)"/.exec(html)?.[1];
    }
    expect(seen).toEqual(names);
  });

  it('shows a request in the turn that asks, with its buttons and then with its outcome', async () => {
    const call = { toolCallId: 'c1', title: 'Run', kind: 'execute', rawInput: { command: 'ls' } };
    stage.session.push(queued('p_1', 'go'), started('p_1'), asks('p_1', 'r_1', call, 1e15));
    const text = await textOf(`/sessions/${stage.session.id}`);
    expect(text).toContain('[Allow once]');
    expect(text).toContain('waiting for you');
    const by = { surface: 'slack', id: 'U1', name: 'grace', kind: 'person' } as const;
    const data = { requestId: 'r_1', outcome: 'selected', optionId: 'no', by } as const;
    stage.session.push({ type: 'permission.resolved', data });
    const after = await textOf(`/sessions/${stage.session.id}`);
    expect(after).toContain('Denied by grace');
    expect(after).not.toContain('[Allow once]');
  });

  it('says that there is nothing yet, and that there is no such session', async () => {
    expect(await textOf(`/sessions/${stage.session.id}`)).toContain('Nothing has run here yet.');
    for (const path of ['/sessions/s_none', '/sessions/%20', '/web/sessions/s_none/stream']) {
      expect((await get(path)).status).toBe(404);
    }
    const steps = `/web/sessions/${stage.session.id}/turns/p_none/steps/1`;
    for (const path of [steps, `${steps}%2f..`, `/sessions/${stage.session.id}?before=p_none`]) {
      expect((await get(path)).status).toBe(404);
    }
  });

  it('shows nothing to who is not logged in, and asks the session service for who is', async () => {
    stage.session.push(...turn('p_1', 'A secret', 'Told'));
    const { id } = stage.session;
    const paths = [`/sessions/${id}`, `/web/sessions/${id}/turns?before=p_1`];
    for (const path of [...paths, `/web/sessions/${id}/turns/p_1/steps/0`]) {
      const refused = await get(path, { cookie: '' });
      expect(refused.status).toBe(401);
      expect(await refused.text()).not.toContain('secret');
      stage.session.forbidReading(true);
      const forbidden = await get(path);
      expect(forbidden.status).toBe(403);
      expect(await forbidden.text()).not.toContain('secret');
      stage.session.forbidReading(false);
    }
  });
});

describe('writing on the page of a session', () => {
  const write = (text: string, id = 'written-1') =>
    stage.app.request(`http://127.0.0.1/web/sessions/${stage.session.id}/prompts`, {
      method: 'POST',
      body: new URLSearchParams({ id, text }),
      headers: { accept: 'application/json', origin: 'http://127.0.0.1', cookie },
    });
  const prompts = () => stage.session.calls.filter(([name]) => name === 'prompt');

  it('is a prompt by whoever writes, and the same one when it is sent again', async () => {
    expect((await write('Then this')).status).toBe(200);
    expect((await write('Then this')).status).toBe(200);
    await write('And that', 'written-2');
    const [first, again, second] = prompts().map(([, caller, id, input]) => ({
      caller,
      id,
      input,
    }));
    expect(first).toMatchObject({
      caller: { actor: { surface: 'web', kind: 'person' } },
      id: stage.session.id,
      input: { content: [{ type: 'text', text: 'Then this' }] },
    });
    expect(again?.input).toEqual(first?.input);
    expect(second?.input).not.toMatchObject({ promptId: promptIdIn(first?.input) });
  });

  it('opens a session that was closed, and refuses commands of threads', async () => {
    stage.session.setState('ended');
    expect((await write('/path/to/a/file is broken')).status).toBe(200);
    expect(stage.session.calls.map(([name]) => name)).toEqual(['reopen', 'prompt']);
    const refused = await write('/stop now', 'written-3');
    expect([refused.status, await refused.json()]).toEqual([
      400,
      {
        message:
          '/stop is a command for threads. Use the buttons of this page, or write it where the session is shown.',
      },
    ]);
    expect(prompts()).toHaveLength(1);
  });

  it('says where else it is shown; a session of an own thread is written to there', async () => {
    const { session, threads } = stage;
    const composer = async (): Promise<string | undefined> =>
      /placeholder="([^"]*)"/.exec(await (await get(`/sessions/${session.id}`)).text())?.[1];
    expect(await composer()).toBe('Write to the agent…');
    const ref = { surface: 'github', account: '1', key: '2/issue/3' };
    await threads.bind((await threads.ensure(ref, 'Fix', 1)).id, session.id, 1);
    expect(await composer()).toBe('Write to the agent… GitHub will show it too.');
    const own = await stage.openThread('Here as well');
    expect(await composer()).toBeUndefined();
    const html = await (await get(`/sessions/${session.id}`)).text();
    expect(html).toContain(`href="/threads/${own.id}#text"`);
  });
});

const promptIdIn = (input: unknown): unknown => (input as { promptId?: unknown }).promptId;
