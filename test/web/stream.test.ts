import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Thread } from '../../src/core/model/thread.ts';
import { openEvents, type EventStream } from './event-stream.ts';
import { asks, queued, says, started } from './play.ts';
import { logInto, openStage, type Stage } from './stage.ts';

interface Sent {
  readonly id: string;
  readonly ordinal?: number;
  readonly html: string;
}

let stage: Stage;
let thread: Thread;
let server: Awaited<ReturnType<Stage['listen']>>;
let cookie: string;
const open: EventStream<Sent>[] = [];

beforeEach(async () => {
  stage = await openStage();
  server = await stage.listen();
  thread = await stage.openThread('A thread');
  cookie = await logInto(stage);
});

afterEach(async () => {
  for (const each of open.splice(0)) each.close();
  await server.close();
});

async function listen(path: string, headers: Record<string, string> = {}) {
  const stream = await openEvents<Sent>(server.url + path, { cookie, ...headers });
  open.push(stream);
  return stream;
}

async function nextRegion(stream: EventStream<Sent>, id: string): Promise<Sent> {
  for (;;) {
    const { data } = await stream.next('region');
    if (data.id === id) return data;
  }
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

  it('keeps the sessions of other places up to date on the first page', async () => {
    stage = await openStage();
    const other = await stage.listen();
    const elsewhere = await openEvents<Sent>(`${other.url}/web/stream`, {
      cookie: await logInto(stage),
    });
    open.push(elsewhere);
    expect((await nextRegion(elsewhere, 'elsewhere')).html).toContain('ready');
    const call = { toolCallId: 'c1', title: 'Run', kind: 'execute' };
    stage.session.push(queued('p_1', 'go'), started('p_1'), asks('p_1', 'r_1', call, 1e15));
    stage.wakeBus.publish('session', stage.session.id);
    expect((await nextRegion(elsewhere, 'elsewhere')).html).toContain('waiting for you');
    elsewhere.close();
    await other.close();
  });

  it('tells the list page of new threads', async () => {
    const stream = await listen('/web/stream');
    await nextRegion(stream, 'threads');
    await stage.openThread('Another thread', 'thread-two');
    stage.wakeBus.publish('hosted', 't_any');
    expect((await nextRegion(stream, 'threads')).html).toContain('Another thread');
  });
});
