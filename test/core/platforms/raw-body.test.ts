/** Bodies of strangers: bounded in size, in number and in time. */
import { expect, test } from 'vitest';
import { createBodyReader } from '../../../src/core/platforms/raw-body.ts';
import { createManualClock, settle } from '../../harness/manual-clock.ts';

const LIMITS = { each: 1_000, all: 2_500, withinMs: 10_000 } as const;

/** A body that its sender feeds; `cancelled` when nobody reads it on. */
function upload() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const state = { cancelled: false };
  const body = new ReadableStream<Uint8Array>({
    start: (made) => {
      controller = made;
    },
    cancel: () => {
      state.cancelled = true;
    },
  });
  // The types of browsers do not know `duplex`, without which Node takes no stream.
  const init = Object.assign({ method: 'POST', body }, { duplex: 'half' });
  const request = new Request('http://localhost/', init);
  return {
    request,
    state,
    send: (bytes: number) => controller?.enqueue(new Uint8Array(bytes)),
    end: () => controller?.close(),
    fail: () => controller?.error(new Error('gone')),
  };
}

test('a body is read whole up to its limit, and not on beyond it', async () => {
  const read = createBodyReader(LIMITS, createManualClock());
  const fits = upload();
  const fitting = read(fits.request);
  fits.send(400);
  fits.send(600);
  fits.end();
  expect(await fitting).toMatchObject({ ok: true, bytes: { length: 1_000 } });
  const big = upload();
  const tooBig = read(big.request);
  big.send(1_001);
  expect(await tooBig).toMatchObject({ ok: false, status: 413 });
  expect(big.state.cancelled).toBe(true);
});

test('many at once are refused when they are too much together, and taken again after that', async () => {
  const read = createBodyReader(LIMITS, createManualClock());
  const uploads = Array.from({ length: 4 }, upload);
  const answers = uploads.map(({ request }) => read(request));
  for (const { send } of uploads) {
    send(800);
    await settle();
  }
  expect(await answers[3]).toMatchObject({ ok: false, status: 503 });
  for (const { end } of uploads.slice(0, 3)) end();
  const taken = await Promise.all(answers.slice(0, 3));
  expect(taken.map(({ ok }) => ok)).toEqual([true, true, true]);
  const next = upload();
  const answer = read(next.request);
  next.send(1_000);
  next.end();
  expect(await answer).toMatchObject({ ok: true });
});

test('one that takes longer than it may, or whose sender goes, is let go and holds nothing', async () => {
  const clock = createManualClock();
  const read = createBodyReader(LIMITS, clock);
  const slow = upload();
  const late = read(slow.request);
  slow.send(900);
  await clock.advance(10_000);
  expect(await late).toMatchObject({ ok: false, status: 408 });
  const gone = upload();
  const cut = read(gone.request);
  gone.send(900);
  await settle();
  gone.fail();
  expect(await cut).toMatchObject({ ok: false, status: 400 });
  expect(clock.timers()).toBe(0);
  const all = Array.from({ length: 2 }, upload);
  const answers = all.map(({ request }) => read(request));
  for (const { send, end } of all) {
    send(1_000);
    end();
  }
  expect((await Promise.all(answers)).map(({ ok }) => ok)).toEqual([true, true]);
});
