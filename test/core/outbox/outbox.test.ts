import { expect, test } from 'vitest';
import { AppError } from '../../../src/core/model/errors.ts';
import { createWorld, PRIORITY } from './world.ts';

const state = { priority: PRIORITY.state, version: 1 } as const;
const progress = { priority: PRIORITY.progress, version: 1 } as const;
const final = { priority: PRIORITY.final, version: 1 } as const;

test('a notice is posted at once, once, and settled', async () => {
  const world = await createWorld();
  const outbox = world.outbox();
  await outbox.start();
  const threadId = await world.thread('t1');
  const notice = world.notice('notice:1', threadId, 'Hello.');
  await outbox.open([notice]);
  await outbox.open([notice]);
  await world.clock.advance(0);
  expect(world.surface.messages().map((message) => message.body)).toEqual(['Hello.']);
  expect(world.row('notice:1')).toMatchObject({ state: 'settled', externalId: 'm1', attempts: 0 });
  await world.clock.advance(120_000);
  expect(world.surface.calls).toHaveLength(1);
});

test('1,000 progress events in 10 s become three edits at an interval of 5 s', async () => {
  const world = await createWorld({ intervalMs: 5_000 });
  const outbox = world.outbox();
  await outbox.start();
  const { promptId, message } = await world.turn('one', await world.thread('t1'));
  world.setTurn(promptId, 'working', '');
  await outbox.open([message]);
  await world.clock.advance(0);
  for (let event = 1; event <= 1_000; event += 1) {
    world.setTurn(promptId, 'working', 'x'.repeat(event));
    outbox.want(message.key, { ...progress, version: event });
    await world.clock.advance(10);
  }
  expect(world.surface.count('edit')).toBe(2);
  world.setTurn(promptId, 'done', 'the answer');
  outbox.want(message.key, final);
  await world.clock.advance(0);
  expect(world.surface.count('edit')).toBe(3);
  expect(world.surface.shown(message.key)?.body).toBe('turn done: the answer');
  expect(world.row(message.key)?.state).toBe('settled');
});

test('a state change does not wait for the interval of progress', async () => {
  const world = await createWorld({ intervalMs: 60_000 });
  const outbox = world.outbox();
  await outbox.start();
  const { promptId, message } = await world.turn('one', await world.thread('t1'));
  world.setTurn(promptId, 'queued', '');
  await outbox.open([message]);
  await world.clock.advance(0);
  world.setTurn(promptId, 'working', 'so far');
  outbox.want(message.key, progress);
  await world.clock.advance(1_000);
  expect(world.surface.count('edit')).toBe(0);
  outbox.want(message.key, state);
  await world.clock.advance(0);
  expect(world.surface.shown(message.key)?.body).toBe('turn working: so far');
});

test('a body that reads the same is not sent, and costs no budget', async () => {
  const world = await createWorld({ budget: { burst: 1, perMinute: 1 } });
  const outbox = world.outbox();
  await outbox.start();
  const { promptId, message } = await world.turn('one', await world.thread('t1'));
  world.setTurn(promptId, 'working', 'same');
  await outbox.open([message]);
  await world.clock.advance(61_000);
  const before = outbox.stats();
  outbox.want(message.key, state);
  await world.clock.advance(0);
  outbox.want(message.key, state);
  await world.clock.advance(0);
  expect(outbox.stats().unchanged).toBe(before.unchanged + 2);
  expect(world.surface.calls).toHaveLength(1);
});

test('with a starved budget: permission, final, state, progress; among equals the stalest', async () => {
  const world = await createWorld({ budget: { burst: 1, perMinute: 6 }, intervalMs: 0 });
  const outbox = world.outbox();
  await outbox.start();
  const names = ['stale', 'fresh', 'state', 'final'];
  const turns = new Map<string, { key: string; promptId: Parameters<typeof world.setTurn>[0] }>();
  for (const name of names) {
    const { promptId, message } = await world.turn(name, await world.thread(name));
    world.setTurn(promptId, 'working', 'start');
    await outbox.open([message]);
    await world.clock.advance(10_000);
    turns.set(name, { key: message.key, promptId });
  }
  const asked = await world.permission('ask', await world.thread('ask'));
  world.setPermission(asked.requestId, false);
  outbox.want('turn:final', progress);
  await world.clock.advance(10_000);
  world.surface.calls.length = 0;
  // The token is spent, then everything is wanted in the wrong order.
  const spend = world.notice('notice:spend', await world.thread('other'), 'spends the token');
  await outbox.open([spend]);
  await world.clock.advance(0);
  for (const [name, { key, promptId }] of turns) {
    world.setTurn(promptId, name === 'final' ? 'done' : 'working', 'more');
    if (name === 'fresh' || name === 'stale') outbox.want(key, progress);
  }
  outbox.want('turn:state', state);
  outbox.want('turn:final', final);
  await outbox.open([asked.message]);
  await world.clock.advance(60_000);
  expect(world.surface.calls.map((call) => `${call.op} ${call.key}`)).toEqual([
    'post notice:spend',
    'post permission:ask',
    'edit turn:final',
    'edit turn:state',
    'edit turn:stale',
    'edit turn:fresh',
  ]);
});

test('a throttled account pauses as long as it was told, then goes on slower, then recovers', async () => {
  const world = await createWorld({ budget: { burst: 1, perMinute: 60 } });
  const outbox = world.outbox();
  await outbox.start();
  let throttled = 0;
  world.surface.fault = () => {
    throttled += 1;
    return throttled === 1 ? { kind: 'throttled', retryAfterMs: 20_000 } : undefined;
  };
  const threadId = await world.thread('t1');
  await outbox.open([world.notice('notice:1', threadId, 'Hello.')]);
  await world.clock.advance(19_000);
  expect(world.surface.calls).toHaveLength(1);
  expect(outbox.stats().accounts[0]?.perMinute).toBe(30);
  await world.clock.advance(3_100);
  expect(world.surface.shown('notice:1')?.body).toBe('Hello.');
  expect(world.surface.calls.map((call) => call.op)).toEqual(['post', 'post']);
  expect(world.row('notice:1')?.attempts).toBe(0);
  await world.clock.advance(180_000);
  expect(outbox.stats().accounts[0]?.perMinute).toBe(60);
});

test('a throttled place pauses alone: messages of other places go out meanwhile', async () => {
  const world = await createWorld({
    budgetsOf: ({ key }) => [{ name: `post ${key}`, burst: 2, perMinute: 60 }],
  });
  const outbox = world.outbox();
  await outbox.start();
  let isFirst = true;
  world.surface.fault = () => {
    if (!isFirst) return undefined;
    isFirst = false;
    return { kind: 'throttled', retryAfterMs: 20_000 };
  };
  const busy = await world.thread('busy');
  await outbox.open([world.notice('notice:busy', busy, 'Later.')]);
  await world.clock.advance(0);
  await outbox.open([world.notice('notice:free', await world.thread('free'), 'Now.')]);
  await world.clock.advance(0);
  expect(world.surface.shown('notice:free')?.body).toBe('Now.');
  expect(world.surface.shown('notice:busy')).toBeUndefined();
  expect(outbox.stats().accounts[0]?.perMinute).toBe(60_000);
  await world.clock.advance(20_000);
  expect(world.surface.shown('notice:busy')?.body).toBe('Later.');
});

test('a post whose outcome is unknown is found by its key and not made twice', async () => {
  const world = await createWorld();
  const outbox = world.outbox();
  await outbox.start();
  world.surface.fault = (call) => (call.op === 'post' ? { kind: 'lost' } : undefined);
  const { promptId, message } = await world.turn('one', await world.thread('t1'));
  world.setTurn(promptId, 'working', 'early');
  await outbox.open([message]);
  await world.clock.advance(0);
  expect(world.row(message.key)).toMatchObject({ state: 'posting', externalId: null, attempts: 1 });
  world.setTurn(promptId, 'done', 'late');
  await world.clock.advance(5_000);
  expect(world.surface.calls.map((call) => call.op)).toEqual(['post', 'find', 'edit']);
  expect(world.surface.shown(message.key)?.body).toBe('turn done: late');
  expect(world.row(message.key)).toMatchObject({ state: 'settled', attempts: 0, error: null });
});

test('a post that was certainly lost is made again after a look', async () => {
  const world = await createWorld();
  const outbox = world.outbox();
  await outbox.start();
  let posts = 0;
  world.surface.fault = (call) => {
    if (call.op !== 'post') return undefined;
    posts += 1;
    return posts === 1 ? { kind: 'unknown', message: 'timeout' } : undefined;
  };
  await outbox.open([world.notice('notice:1', await world.thread('t1'), 'Hello.')]);
  await world.clock.advance(5_000);
  expect(world.surface.calls.map((call) => call.op)).toEqual(['post', 'find', 'post']);
  expect(world.surface.shown('notice:1')?.body).toBe('Hello.');
});

test('a look that fails is repeated before anything is posted', async () => {
  const world = await createWorld();
  const outbox = world.outbox();
  await outbox.start();
  let calls = 0;
  world.surface.fault = () => {
    calls += 1;
    if (calls === 1) return { kind: 'lost' };
    return calls <= 3 ? { kind: 'retry', message: 'the surface is down' } : undefined;
  };
  await outbox.open([world.notice('notice:1', await world.thread('t1'), 'Hello.')]);
  await world.clock.advance(30_000);
  expect(world.surface.calls.map((call) => call.op)).toEqual([
    'post',
    'find',
    'find',
    'find',
    'edit',
  ]);
  expect(world.surface.messages()).toHaveLength(1);
});

test('failures back off, doubling; then the message is given up and reported with its error', async () => {
  const world = await createWorld();
  const outbox = world.outbox();
  await outbox.start();
  world.surface.fault = () => ({ kind: 'retry', message: 'the surface is down' });
  await outbox.open([world.notice('notice:1', await world.thread('t1'), 'Hello.')]);
  await world.clock.advance(3 * 3_600_000);
  const times = world.surface.calls.map((call) => call.at - (world.surface.calls[0]?.at ?? 0));
  expect(times.map((ms) => Math.round(ms / 1_000))).toEqual([
    0, 1, 2, 5, 11, 23, 47, 95, 191, 383, 608, 833, 1058, 1283,
  ]);
  expect(world.givenUp.map((row) => [row.key, row.error])).toEqual([
    ['notice:1', 'the surface is down'],
  ]);
  expect(world.row('notice:1')).toMatchObject({ state: 'given_up', attempts: 14 });
  outbox.want('notice:1', state);
  await world.clock.advance(60_000);
  expect(world.surface.calls).toHaveLength(14);
});

test('what the surface refuses is given up at once', async () => {
  const world = await createWorld({ maxLength: 10 });
  const outbox = world.outbox();
  await outbox.start();
  const threadId = await world.thread('t1');
  await outbox.open([
    world.notice('notice:long', threadId, 'much longer than ten'),
    world.notice('notice:short', threadId, 'short'),
  ]);
  await world.clock.advance(60_000);
  expect(world.givenUp.map((row) => row.error)).toEqual(['msg_too_long']);
  expect(world.surface.messages().map((message) => message.body)).toEqual(['short']);
});

test('a message that somebody deleted is posted anew', async () => {
  const world = await createWorld();
  const outbox = world.outbox();
  await outbox.start();
  const { promptId, message } = await world.turn('one', await world.thread('t1'));
  world.setTurn(promptId, 'working', 'a');
  await outbox.open([message]);
  await world.clock.advance(0);
  world.surface.remove(message.key);
  world.setTurn(promptId, 'done', 'b');
  outbox.want(message.key, final);
  await world.clock.advance(0);
  expect(world.surface.shown(message.key)?.body).toBe('turn done: b');
  expect(world.row(message.key)?.state).toBe('settled');
});

test('a call that hangs costs its own message 30 s, others of the account nothing', async () => {
  const world = await createWorld();
  const outbox = world.outbox();
  await outbox.start();
  world.surface.fault = (call) =>
    call.key === 'notice:hangs' && call.at < start + 10_000 ? { kind: 'hang' } : undefined;
  const start = world.clock.now();
  await outbox.open([world.notice('notice:hangs', await world.thread('t1'), 'slow')]);
  await outbox.open([world.notice('notice:other', await world.thread('t2'), 'quick')]);
  await world.clock.advance(1);
  expect(world.surface.messages().map((message) => message.body)).toEqual(['quick']);
  await world.clock.advance(29_998);
  expect(world.row('notice:hangs')?.error).toBe(null);
  await world.clock.advance(2);
  expect(world.row('notice:hangs')?.error).toBe('no answer within 30 s');
  await world.clock.advance(2_000);
  expect(world.surface.shown('notice:hangs')?.body).toBe('slow');
});

test('an account that only hangs delays no other account', async () => {
  const world = await createWorld();
  const outbox = world.outbox();
  await outbox.start();
  world.surface.fault = (call) => (call.account === 'bad' ? { kind: 'hang' } : undefined);
  for (let n = 0; n < 20; n += 1) {
    const threadId = await world.thread(`bad${n}`, 'bad');
    await outbox.open([world.notice(`notice:bad${n}`, threadId, 'never', 'bad')]);
  }
  await outbox.open([world.notice('notice:good', await world.thread('g', 'good'), 'now', 'good')]);
  await world.clock.advance(0);
  expect(world.surface.shown('notice:good')?.body).toBe('now');
});

test('a surface that throws is treated as an unknown outcome', async () => {
  const world = await createWorld();
  const outbox = world.outbox();
  await outbox.start();
  let calls = 0;
  world.surface.fault = () => {
    calls += 1;
    return calls === 1 ? { kind: 'throw' } : undefined;
  };
  await outbox.open([world.notice('notice:1', await world.thread('t1'), 'Hello.')]);
  await world.clock.advance(5_000);
  expect(world.surface.calls.map((call) => call.op)).toEqual(['post', 'find', 'post']);
});

test('a render or a resolve that fails holds its own message and no other', async () => {
  const world = await createWorld();
  let broken = true;
  const outbox = world.outbox({
    resolve: async (view) => {
      if (broken && view.kind === 'turn')
        throw new AppError('unavailable', 'The database is busy.');
      return world.resolve(view);
    },
  });
  await outbox.start();
  const threadId = await world.thread('t1');
  const { promptId, message } = await world.turn('one', threadId);
  world.setTurn(promptId, 'done', 'x');
  await outbox.open([message, world.notice('notice:1', threadId, 'Hello.')]);
  await world.clock.advance(500);
  expect(world.surface.messages().map((shown) => shown.key)).toEqual(['notice:1']);
  broken = false;
  await world.clock.advance(5_000);
  expect(world.surface.shown(message.key)?.body).toBe('turn done: x');
});

test('a message whose session or thread is gone is dropped without a call', async () => {
  const world = await createWorld();
  const outbox = world.outbox();
  await outbox.start();
  const { message } = await world.turn('never heard of', await world.thread('t1'));
  await outbox.open([message]);
  await world.clock.advance(1_000);
  expect(world.surface.calls).toEqual([]);
  expect(world.row(message.key)).toMatchObject({
    state: 'given_up',
    error: 'what it shows is gone',
  });
  expect(world.givenUp).toEqual([]);
});

test('posts of one thread stand in the order in which they were opened', async () => {
  const world = await createWorld({ latencyMs: 100 });
  const outbox = world.outbox();
  await outbox.start();
  const threadId = await world.thread('t1');
  for (let n = 1; n <= 5; n += 1) {
    await outbox.open([world.notice(`notice:${n}`, threadId, `${n}`)]);
    await world.clock.advance(1);
  }
  await world.clock.advance(1_000);
  expect(world.surface.messages().map((message) => message.body)).toEqual([
    '1',
    '2',
    '3',
    '4',
    '5',
  ]);
});

test('a settled message that is wanted again is edited when it reads differently', async () => {
  const world = await createWorld();
  const outbox = world.outbox();
  await outbox.start();
  const { promptId, message } = await world.turn('one', await world.thread('t1'));
  world.setTurn(promptId, 'done', 'a');
  await outbox.open([message]);
  await world.clock.advance(0);
  expect(world.row(message.key)?.state).toBe('settled');
  world.setTurn(promptId, 'done', 'a title came late');
  outbox.want(message.key, state);
  await world.clock.advance(0);
  expect(world.surface.shown(message.key)?.body).toBe('turn done: a title came late');
  expect(outbox.stats().accounts[0]?.known).toBe(0);
});

test('wants of keys without a row, and rows of surfaces that are not set up, do nothing', async () => {
  const world = await createWorld();
  const outbox = world.outbox({ surfaces: new Map() });
  await outbox.start();
  outbox.want('turn:unknown', state);
  await outbox.open([world.notice('notice:1', await world.thread('t1'), 'Hello.')]);
  await world.clock.advance(20_000);
  expect(world.surface.calls).toEqual([]);
  expect(world.row('notice:1')?.state).toBe('wanted');
  const told = world.log.lines.filter((line) => line.message.includes('not set up'));
  expect(told).toHaveLength(1);
});
