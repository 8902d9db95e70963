import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Thread } from '../../src/core/model/thread.ts';
import { queued, says, started } from './play.ts';
import { openStage, type Stage } from './stage.ts';

interface Received {
  readonly event: string;
  readonly id: string;
  readonly data: { readonly id: string; readonly ordinal?: number; readonly html: string };
}

let stage: Stage;
let thread: Thread;
let server: Awaited<ReturnType<Stage['listen']>>;
let cookie: string;
const open: AbortController[] = [];

beforeEach(async () => {
  stage = await openStage();
  server = await stage.listen();
  thread = await stage.openThread('A thread');
  const code = new URL(stage.login.mintLink(server.url)).hash.slice(1);
  const response = await fetch(`${server.url}/login`, {
    method: 'POST',
    body: new URLSearchParams({ code }),
    headers: { accept: 'application/json', origin: server.url },
  });
  cookie = (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
});

afterEach(async () => {
  for (const each of open.splice(0)) each.abort();
  await server.close();
});

/** Reads a stream; `next` gives its events of a kind in order. */
async function listen(path: string, headers: Record<string, string> = {}) {
  const controller = new AbortController();
  open.push(controller);
  const { signal } = controller;
  const response = await fetch(server.url + path, { signal, headers: { cookie, ...headers } });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const next = async (event: string): Promise<Received> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end === -1) {
        const chunk = await reader?.read();
        if (chunk === undefined || chunk.done) throw new Error('The stream ended');
        text += chunk.value;
        continue;
      }
      const field = (name: string): string =>
        new RegExp(`^${name}: ?(.*)$`, 'm').exec(text.slice(0, end))?.[1] ?? '';
      const found = { event: field('event'), id: field('id'), data: field('data') };
      text = text.slice(end + 2);
      if (found.event === event) return { ...found, data: JSON.parse(found.data) };
    }
  };
  return { next, close: () => controller.abort() };
}

const work = (text: string) => [queued('p_1', 'go'), started('p_1'), says('p_1', text)];

describe('the live stream of a thread', () => {
  it('sends a message when it is posted, and whole again when it is edited', async () => {
    const stream = await listen(`/web/threads/${thread.id}/stream`);
    stage.session.push(...work('Hel'));
    await stage.present(thread);
    const posted = await stream.next('message');
    expect(posted.data.ordinal).toBe(1);
    expect(posted.data.html).toContain('Hel</p>');
    stage.session.push(says('p_1', 'lo'));
    await stage.present(thread);
    const edited = await stream.next('message');
    expect(edited.data.id).toBe(posted.data.id);
    expect(edited.data.html).toContain('Hello</p>');
  });

  it('sends after a reconnect what changed in between', async () => {
    const before = await listen(`/web/threads/${thread.id}/stream`);
    stage.session.push(...work('one'));
    await stage.present(thread);
    const { id } = await before.next('message');
    before.close();
    stage.session.push(says('p_1', ' two'));
    await stage.present(thread);
    const after = await listen(`/web/threads/${thread.id}/stream`, { 'last-event-id': id });
    expect((await after.next('message')).data.html).toContain('one two');
  });

  it('sends the state of the thread, its queue and the list as they change', async () => {
    const stream = await listen(`/web/threads/${thread.id}/stream`);
    expect((await stream.next('region')).data.id).toBe('threads');
    expect((await stream.next('region')).data.html).toContain('ready');
    expect((await stream.next('region')).data.id).toBe('queue');
    stage.session.setState('running');
    stage.session.setWaiting([{ id: 'p_2', text: 'Then this' } as never]);
    await stage.present(thread);
    expect((await stream.next('region')).data.html).toContain('working');
    expect((await stream.next('region')).data.html).toContain('working');
    expect((await stream.next('region')).data.html).toContain('Then this');
  });

  it('tells the list page of new threads', async () => {
    const stream = await listen('/web/stream');
    await stream.next('region');
    await stage.openThread('Another thread', 'thread-two');
    stage.wakeBus.publish('hosted', 't_any');
    expect((await stream.next('region')).data.html).toContain('Another thread');
  });
});
