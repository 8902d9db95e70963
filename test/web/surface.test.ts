import { beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/core/model/errors.ts';
import { createActionTokens } from '../../src/core/access/action-token.ts';
import type { Thread } from '../../src/core/model/thread.ts';
import { createWebSurface } from '../../src/web/client/web-surface.ts';
import { createManualClock, settle } from '../harness/manual-clock.ts';
import { createMemoryThreads } from '../harness/memory-threads.ts';
import { createMemoryWakeBus } from '../harness/memory-wake-bus.ts';
import { createMemoryHosted } from './stage.ts';

const { signal } = new AbortController();

function open(hosted = createMemoryHosted()) {
  const threads = createMemoryThreads();
  const wakeBus = createMemoryWakeBus();
  const clock = createManualClock();
  const actionTokens = createActionTokens({ key: new Uint8Array(32) });
  const surface = createWebSurface({ hosted, threads, wakeBus, actionTokens, clock });
  const woken: string[] = [];
  wakeBus.subscribe('hosted', (id) => woken.push(id));
  return { hosted, threads, clock, surface, woken };
}

let world: ReturnType<typeof open>;
let thread: Thread;

beforeEach(async () => {
  world = open();
  const ref = { surface: 'web', account: 'web', key: 'one' };
  thread = await world.threads.ensure(ref, 'One', 0);
});

describe('the web surface', () => {
  it('posts a message that is found again by its key, and wakes the pages of its thread', async () => {
    const posted = await world.surface.post(thread.ref, 'key 1', '<p>a</p>', signal);
    const found = await world.surface.find(thread.ref, 'key 1', signal);
    expect(found).toEqual(posted);
    expect(await world.surface.find(thread.ref, 'key 2', signal)).toEqual({
      ok: true,
      value: null,
    });
    await settle();
    expect(world.woken).toEqual([thread.id]);
  });

  it('posts the same key once', async () => {
    const first = await world.surface.post(thread.ref, 'key 1', '<p>a</p>', signal);
    expect(await world.surface.post(thread.ref, 'key 1', '<p>a</p>', signal)).toEqual(first);
    expect(await world.hosted.messages(thread.id)).toHaveLength(1);
  });

  it('edits in place', async () => {
    const posted = await world.surface.post(thread.ref, 'key 1', '<p>a</p>', signal);
    if (!posted.ok) throw new Error('It was not posted');
    await world.clock.advance(5);
    await world.surface.edit(thread.ref, posted.value, '<p>b</p>', signal);
    expect(await world.hosted.messages(thread.id)).toMatchObject([
      { body: '<p>b</p>', updatedAt: world.clock.now(), ordinal: 1 },
    ]);
  });

  it('says that a message is gone when there is none to edit', async () => {
    expect(await world.surface.edit(thread.ref, 'none', '', signal)).toMatchObject({
      failure: { kind: 'gone' },
    });
  });

  it.each([
    [new AppError('unavailable', 'The disk is full.'), 'retry'],
    [new Error('connection lost'), 'unknown'],
  ])('tells what surely failed from what may have been done (%s)', async (error, kind) => {
    const post = (): never => {
      throw error;
    };
    const { surface } = open({ ...createMemoryHosted(), post });
    const result = await surface.post(thread.ref, 'key 1', '', signal);
    expect(result).toEqual({ ok: false, failure: { kind, message: error.message } });
  });

  it('shows notices as what they are', () => {
    const { html } = {
      html: world.surface.render({ kind: 'notice', tone: 'error', markdown: 'No *such* verb' }, 0),
    };
    expect(html).toContain('data-tone="error"');
    expect(html).toContain('No <em>such</em> verb');
  });
});
