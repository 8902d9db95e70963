import { beforeEach, describe, expect, it } from 'vitest';
import { encodeEvent } from '../../../src/core/events/append.ts';
import { createEventHub } from '../../../src/core/events/create-hub.ts';
import type { LoggedEvent } from '../../../src/core/events/hub.ts';
import type { SessionId } from '../../../src/core/model/ids.ts';
import { mintId } from '../../../src/core/model/ids.ts';
import type { Session } from '../../../src/core/model/session.ts';
import { createManualClock, settle } from '../../harness/manual-clock.ts';
import { createMemorySessions } from '../../harness/memory-sessions.ts';
import { createMemoryWakeBus } from '../../harness/memory-wake-bus.ts';
import { OPERATOR, SILENT } from '../../harness/session-bench.ts';

function newSession(id: SessionId): Session {
  return {
    id,
    agentName: 'x',
    agentTemplateId: null,
    templateVersion: null,
    spawn: { command: 'x', args: [] },
    runtime: { provider: 'local' },
    env: {},
    passEnv: [],
    cwd: null,
    mcpServers: [],
    metadata: {},
    createdBy: OPERATOR.actor,
    state: 'idle',
    stateReason: null,
    acpSessionId: null,
    report: null,
    usage: null,
    queuePaused: false,
    tainted: false,
    lastSeq: 0,
    createdAt: 0,
    updatedAt: 0,
  };
}

async function setup() {
  const memory = createMemorySessions();
  const clock = createManualClock();
  const wakeBus = createMemoryWakeBus();
  const hub = createEventHub({ store: memory.sessions, wakeBus, clock, logger: SILENT });
  const id = mintId('s', clock.now());
  await memory.sessions.commit({ sessionId: id, create: newSession(id), events: [], at: 0 });
  let n = 0;
  async function append(count: number, tell: boolean): Promise<void> {
    const events = Array.from({ length: count }, () => {
      n += 1;
      return encodeEvent({ type: 'log', data: { level: 'info', message: `${n}` } });
    });
    const result = await memory.sessions.commit({ sessionId: id, events, at: clock.now() });
    if (tell && result.ok) hub.published(result.events);
  }
  return { memory, clock, wakeBus, hub, id, append };
}

let world: Awaited<ReturnType<typeof setup>>;
beforeEach(async () => {
  world = await setup();
});

function reader(after = 0) {
  const seqs: number[] = [];
  const subscription = world.hub.subscribe(world.id, after, (events) => {
    seqs.push(...events.map((event) => event.seq));
  });
  return { seqs, subscription };
}

const upTo = (last: number, from = 1): number[] =>
  Array.from({ length: last - from + 1 }, (_, index) => from + index);

describe('the event hub', () => {
  it('replays from a cursor, then goes on live, with no gap and no repeat', async () => {
    await world.append(1200, true);
    const { seqs, subscription } = reader(100);
    await world.append(3, true);
    await settle();
    await world.append(2, true);
    await settle();
    expect(seqs).toEqual(upTo(1205, 101));
    expect(subscription.seq).toBe(1205);
  });

  it('reads what it was told out of order from the log', async () => {
    const { seqs } = reader();
    await settle();
    const results = [];
    for (let n = 0; n < 3; n += 1) {
      const event = encodeEvent({ type: 'log', data: { level: 'info', message: `${n}` } });
      const result = await world.memory.sessions.commit({
        sessionId: world.id,
        events: [event],
        at: 0,
      });
      if (result.ok) results.push(result.events);
    }
    for (const events of results.reverse()) world.hub.published(events);
    await settle();
    expect(seqs).toEqual([1, 2, 3]);
  });

  it('hears of another replica’s events by a wake-up', async () => {
    const { seqs } = reader();
    await settle();
    await world.append(5, false);
    expect(seqs).toEqual([]);
    world.wakeBus.remote('session', world.id);
    await settle();
    expect(seqs).toEqual(upTo(5));
  });

  it('survives a wake-up with nothing to read', async () => {
    const { seqs } = reader();
    world.wakeBus.remote('session', world.id);
    world.wakeBus.remote('session', world.id);
    await settle();
    await world.append(1, true);
    await settle();
    expect(seqs).toEqual([1]);
  });

  it('lets a slow reader delay nobody, and gives it everything in order when it is ready', async () => {
    const slow: number[] = [];
    const gates: (() => void)[] = [];
    world.hub.subscribe(world.id, 0, (events) => {
      slow.push(...events.map((event) => event.seq));
      return new Promise((resolve) => gates.push(resolve));
    });
    const { seqs } = reader();
    await settle();
    for (let n = 0; n < 10; n += 1) await world.append(100, true);
    await settle();
    expect(seqs).toEqual(upTo(1000));
    expect(slow).toEqual(upTo(100));
    while (slow.length < 1000) {
      gates.shift()?.();
      await settle();
    }
    expect(slow).toEqual(upTo(1000));
  });

  it('closes a reader whose sink throws or rejects, and only that one', async () => {
    let calls = 0;
    world.hub.subscribe(world.id, 0, () => {
      calls += 1;
      throw new Error('broken');
    });
    world.hub.subscribe(world.id, 0, async () => {
      calls += 1;
      throw new Error('broken later');
    });
    const { seqs } = reader();
    await settle();
    await world.append(1, true);
    await settle();
    await world.append(1, true);
    await settle();
    expect(calls).toBe(2);
    expect(seqs).toEqual([1, 2]);
  });

  it('tells nothing to a closed reader', async () => {
    const { seqs, subscription } = reader();
    await settle();
    subscription.close();
    await world.append(1, true);
    await settle();
    expect(seqs).toEqual([]);
  });

  it('goes on when the log could not be read for a while', async () => {
    await world.append(3, true);
    const { events } = world.memory.sessions;
    Object.assign(world.memory.sessions, { events: () => Promise.reject(new Error('locked')) });
    const { seqs } = reader();
    await settle();
    Object.assign(world.memory.sessions, { events });
    await world.clock.advance(600);
    expect(seqs).toEqual([1, 2, 3]);
  });

  it('serialises an event once for all readers, with a time that programs read', async () => {
    const seen: LoggedEvent[] = [];
    for (let n = 0; n < 2; n += 1) {
      world.hub.subscribe(world.id, 0, (events) => void seen.push(...events));
    }
    await settle();
    await world.append(1, true);
    await settle();
    expect(seen[0]).toBe(seen[1]);
    expect(JSON.parse(seen[0]?.wire ?? '')).toEqual({
      type: 'log',
      data: { level: 'info', message: '1' },
      timestamp: '2026-01-01T00:00:00.000Z',
    });
    expect(seen[0]?.event).toMatchObject({ seq: 1, type: 'log', data: { message: '1' } });
  });
});

describe('readers of all sessions', () => {
  it('get live events of every session, local and remote, once', async () => {
    const seqs: number[] = [];
    const all = world.hub.subscribeAll((events) => void seqs.push(...events.map((e) => e.seq)));
    await world.append(2, true);
    await world.append(2, false);
    world.wakeBus.remote('session', world.id);
    await settle();
    world.wakeBus.remote('session', world.id);
    await settle();
    expect(seqs).toEqual([1, 2, 3, 4]);
    all.close();
    await world.append(1, true);
    await settle();
    expect(seqs).toEqual([1, 2, 3, 4]);
  });

  it('miss nothing that was told late, or was written elsewhere in between', async () => {
    const seqs: number[] = [];
    world.hub.subscribeAll((events) => void seqs.push(...events.map((e) => e.seq)));
    await world.append(1, true);
    await world.append(2, false);
    await world.append(1, true);
    await settle();
    world.wakeBus.remote('session', world.id);
    await settle();
    expect(seqs).toEqual([1, 2, 3, 4]);
  });

  it('get all of what was written elsewhere, however much one wake-up stands for', async () => {
    const seqs: number[] = [];
    world.hub.subscribeAll((events) => void seqs.push(...events.map((e) => e.seq)));
    await world.append(1, true);
    await world.append(1200, false);
    world.wakeBus.remote('session', world.id);
    await settle();
    expect(seqs).toEqual(upTo(1201));
  });

  it('do not get what was written before they came, though others saw the session earlier', async () => {
    world.hub.subscribeAll(() => {}).close();
    const first = world.hub.subscribeAll(() => {});
    await world.append(1, true);
    first.close();
    await world.append(3, false);
    await world.clock.advance(60_000);
    const seqs: number[] = [];
    world.hub.subscribeAll((events) => void seqs.push(...events.map((e) => e.seq)));
    await world.append(1, false);
    world.wakeBus.remote('session', world.id);
    await settle();
    expect(seqs).toEqual([5]);
  });

  it('do not get old history at the first wake-up from elsewhere', async () => {
    await world.append(5, false);
    await world.clock.advance(60_000);
    const seqs: number[] = [];
    world.hub.subscribeAll((events) => void seqs.push(...events.map((e) => e.seq)));
    await world.append(1, false);
    world.wakeBus.remote('session', world.id);
    await settle();
    expect(seqs).toEqual([6]);
  });
});
