/** The stores of chat: inbox, threads, outbox, hosted messages. */
import { expect, it } from 'vitest';
import { mintId, type SessionId, type ThreadId } from '../../src/core/model/ids.ts';
import { UNSENT, type OutboxMessage } from '../../src/core/model/message.ts';
import type { InboundMessage } from '../../src/core/ports/stores.ts';
import type { GetStores } from './stores.small.under-test.ts';
import { ANN, NASTY_TEXT, newHolder, nextTime } from './stores.values.ts';

function newThreadId(): ThreadId {
  return mintId('t', nextTime());
}

function newSessionId(): SessionId {
  return mintId('s', nextTime());
}

function makeInbound(values: Partial<InboundMessage> = {}): InboundMessage {
  const at = nextTime();
  return {
    deliveryId: `delivery-${at}`,
    thread: { surface: 'web', account: 'local', key: 'k' },
    threadTitle: 'A title',
    actor: ANN,
    roles: ['run'],
    text: NASTY_TEXT,
    addressed: true,
    receivedAt: at,
    ...values,
  };
}

function makeOutbox(values: Partial<OutboxMessage> = {}): OutboxMessage {
  const at = nextTime();
  return {
    key: `message-${at}`,
    threadId: newThreadId(),
    surface: 'web',
    account: 'local',
    view: { kind: 'notice', tone: 'info', markdown: NASTY_TEXT },
    ...UNSENT,
    createdAt: at,
    ...values,
  };
}

export function inboxTests(get: GetStores): void {
  it('stores a delivery once, whatever became of it', async () => {
    const { inbox } = get();
    const message = makeInbound();
    const first = await Promise.all(Array.from({ length: 5 }, () => inbox.accept(message)));
    expect(first.toSorted()).toEqual([...Array(4).fill('duplicate'), 'stored']);
    await inbox.done('web', message.deliveryId);
    expect(await inbox.accept(message)).toBe('duplicate');
    expect((await inbox.pending(1000)).map((m) => m.deliveryId)).not.toContain(message.deliveryId);
    const elsewhere = { ...message, thread: { ...message.thread, surface: 'other' } };
    expect(await inbox.accept(elsewhere)).toBe('stored');
    await inbox.failed('other', message.deliveryId, 'gave up');
    expect(await inbox.accept(elsewhere)).toBe('duplicate');
    expect((await inbox.pending(1000)).map((m) => m.deliveryId)).not.toContain(message.deliveryId);
  });

  it('gives unfinished messages as they came, oldest first, up to the limit', async () => {
    const { inbox } = get();
    const at = nextTime();
    // The same time for all: the order of arrival decides.
    const messages = Array.from({ length: 5 }, () => makeInbound({ receivedAt: at }));
    for (const message of messages) await inbox.accept(message);
    expect(await inbox.pending(3)).toEqual(messages.slice(0, 3));
    await inbox.done('web', messages[0]?.deliveryId ?? '');
    expect(await inbox.pending(1000)).toEqual(messages.slice(1));
    for (const message of messages) await inbox.done('web', message.deliveryId);
    expect(await inbox.pending(1000)).toEqual([]);
  });
}

export function threadTests(get: GetStores): void {
  it('makes one thread for an address, however many ask at once', async () => {
    const { threads } = get();
    const ref = { surface: 'web', account: 'local', key: `key-${nextTime()}` };
    expect(await threads.find(ref)).toBeUndefined();
    const made = await Promise.all(
      Array.from({ length: 5 }, (_, index) => threads.ensure(ref, `title ${index}`, 5)),
    );
    expect(new Set(made.map((thread) => thread.id)).size).toBe(1);
    const [thread] = made;
    expect(thread).toMatchObject({ ref, createdAt: 5, updatedAt: 5 });
    expect(await threads.thread(thread?.id ?? newThreadId())).toEqual(thread);
    expect(await threads.ensure(ref, 'other', 9)).toEqual(thread);
    expect(await threads.find(ref)).toEqual(thread);
    expect(await threads.thread(newThreadId())).toBeUndefined();
    const other = await threads.ensure({ ...ref, account: 'b' }, NASTY_TEXT, 5);
    expect(other.id).not.toBe(thread?.id);
    expect(other.title).toBe(NASTY_TEXT);
  });

  it('finds the threads below an address, and none beside it', async () => {
    const { threads } = get();
    const surface = `surface-${nextTime()}`;
    const keys = ['1/pull/7', '1/pull/7/review/1', '1/pull/7/review/2', '1/pull/77/review/3'];
    const like = ['1/pull_7/review/4', '%/pull/7/review/5'];
    for (const key of [...keys, ...like]) {
      await threads.ensure({ surface, account: 'a', key }, 't', 5);
    }
    await threads.ensure({ surface, account: 'b', key: '1/pull/7/review/6' }, 't', 5);
    const found = await threads.below({ surface, account: 'a', key: '1/pull/7' });
    expect(found.map(({ ref }) => ref.key).toSorted()).toEqual(keys.slice(1, 3));
    expect(await threads.below({ surface, account: 'a', key: '1/pull/9' })).toEqual([]);
  });

  it('lists the threads of a surface, last touched first, in pages', async () => {
    const { threads } = get();
    const surface = `surface-${nextTime()}`;
    const made = [];
    for (let index = 0; index < 5; index += 1) {
      made.push(await threads.ensure({ surface, account: 'a', key: `${index}` }, 't', 100 + index));
    }
    await threads.touch(made[1]?.id ?? newThreadId(), 500);
    await threads.touch(made[1]?.id ?? newThreadId(), 400);
    const found: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await threads.threads(surface, cursor, 2);
      found.push(...page.data.map((thread) => `${thread.ref.key}@${thread.updatedAt}`));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(found).toEqual(['1@500', '4@104', '3@103', '2@102', '0@100']);
  });

  it('binds threads and sessions, newest first, and unbinds them', async () => {
    const { threads } = get();
    const [t1, t2] = [newThreadId(), newThreadId()];
    const [s1, s2] = [newSessionId(), newSessionId()];
    await threads.bind(t1, s1, 10);
    await threads.bind(t1, s2, 10);
    await threads.bind(t1, s1, 99);
    await threads.bind(t2, s1, 11);
    expect(await threads.bindingsOfThread(t1)).toEqual([
      { threadId: t1, sessionId: s2, presentedSeq: 0, boundAt: 10 },
      { threadId: t1, sessionId: s1, presentedSeq: 0, boundAt: 10 },
    ]);
    expect((await threads.bindingsOfSession(s1)).map((b) => b.threadId)).toEqual([t2, t1]);
    await threads.unbind(t1, s2);
    await threads.unbind(t1, s2);
    expect((await threads.bindingsOfThread(t1)).map((b) => b.sessionId)).toEqual([s1]);
  });
}

export function outboxTests(get: GetStores): void {
  it('opens a message once and moves the cursor of the binding, never back', async () => {
    const { outbox, threads } = get();
    const message = makeOutbox();
    const sessionId = newSessionId();
    await threads.bind(message.threadId, sessionId, 1);
    const binding = { threadId: message.threadId, sessionId, presentedSeq: 7 };
    await outbox.open([message, makeOutbox()], binding);
    await outbox.open([{ ...message, state: 'given_up', account: 'changed' }], {
      ...binding,
      presentedSeq: 3,
    });
    expect(await outbox.message(message.key)).toEqual(message);
    expect(await threads.bindingsOfSession(sessionId)).toMatchObject([{ presentedSeq: 7 }]);
    expect(await outbox.message('unknown')).toBeUndefined();
  });

  it('lists what is neither settled nor given up, oldest first', async () => {
    const { outbox } = get();
    const at = nextTime() + 10_000;
    const states = ['wanted', 'posting', 'settled', 'given_up', 'wanted'] as const;
    const messages = states.map((state, index) => makeOutbox({ state, createdAt: at - index }));
    await outbox.open(messages);
    const ours = new Set(messages.map((message) => message.key));
    const found = (await outbox.unsettled()).filter((message) => ours.has(message.key));
    expect(found).toEqual([messages[4], messages[1], messages[0]]);
  });

  it('takes changes from the holder of the lease alone', async () => {
    const { outbox, leases } = get();
    const message = makeOutbox();
    await outbox.open([message]);
    const key = `outbox:web:${nextTime()}`;
    const [a, b] = [newHolder(), newHolder()];
    const patch = { state: 'posting', attempts: 1, error: NASTY_TEXT } as const;
    expect(await outbox.update(message.key, { key, epoch: 1 }, patch)).toBe('fenced');
    const old = (await leases.acquire(key, a, [])) ?? -1;
    expect(await outbox.update(message.key, { key, epoch: old }, patch)).toBe('ok');
    const now = (await leases.acquire(key, b, [a])) ?? -1;
    const late = { state: 'settled', externalId: 'late' } as const;
    expect(await outbox.update(message.key, { key, epoch: old }, late)).toBe('fenced');
    expect(await outbox.message(message.key)).toEqual({ ...message, ...patch });
    const done = {
      state: 'settled',
      externalId: '9',
      sentHash: 'h',
      notBefore: 4,
      error: null,
    } as const;
    expect(await outbox.update(message.key, { key, epoch: now }, done)).toBe('ok');
    expect(await outbox.message(message.key)).toEqual({ ...message, ...patch, ...done });
    await leases.release(key, b, now);
    expect(await outbox.update(message.key, { key, epoch: now }, patch)).toBe('fenced');
  });
}

export function hostedTests(get: GetStores): void {
  const make = (threadId: ThreadId, key: string) => {
    const at = nextTime();
    return {
      id: `m-${at}`,
      threadId,
      key,
      author: ANN,
      body: NASTY_TEXT,
      createdAt: at,
      updatedAt: at,
    };
  };

  it('numbers the messages of a thread in the order of the posts, however many come at once', async () => {
    const { hosted } = get();
    const threadId = newThreadId();
    const posts = Array.from({ length: 10 }, (_, index) => make(threadId, `key-${index}`));
    const posted = await Promise.all(posts.map((message) => hosted.post(message)));
    expect(posted.map((message) => message.ordinal).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 10 }, (_, index) => index + 1),
    );
    const byOrdinal = posted.toSorted((a, b) => a.ordinal - b.ordinal);
    expect(await hosted.messages(threadId)).toEqual(byOrdinal);
  });

  it('gives the first message again when its key is posted again', async () => {
    const { hosted } = get();
    const threadId = newThreadId();
    const first = await hosted.post(make(threadId, 'same'));
    expect(await hosted.post(make(threadId, 'same'))).toEqual(first);
    expect(await hosted.byKey(threadId, 'same')).toEqual(first);
    expect(await hosted.byKey(newThreadId(), 'same')).toBeUndefined();
    expect(await hosted.messages(threadId)).toEqual([first]);
  });

  it('edits a message, and tells what changed since', async () => {
    const { hosted } = get();
    const threadId = newThreadId();
    const a = await hosted.post(make(threadId, 'a'));
    const b = await hosted.post(make(threadId, 'b'));
    const at = nextTime();
    expect(await hosted.edit(a.id, 'new', at)).toBe(true);
    expect(await hosted.edit('unknown', 'new', at)).toBe(false);
    expect(await hosted.messages(threadId)).toEqual([{ ...a, body: 'new', updatedAt: at }, b]);
    expect((await hosted.messages(threadId, at)).map((message) => message.id)).toEqual([a.id]);
  });
}
