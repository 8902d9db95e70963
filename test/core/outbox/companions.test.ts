/** Messages that belong to another one: mirrors, and the parts of a long text. */
import { expect, test } from 'vitest';
import type { ResolvedView } from '../../../src/core/ports/surface.ts';
import { renderPlainly } from '../../harness/fake-surface.ts';
import { createWorld, PRIORITY } from './world.ts';

const progress = { priority: PRIORITY.progress, version: 1 } as const;
const final = { priority: PRIORITY.final, version: 1 } as const;

/** Twenty characters a message. */
function inPieces(view: ResolvedView): [string, ...string[]] {
  const [first = '', ...rest] = renderPlainly(view).match(/.{1,20}/g) ?? [];
  return [first, ...rest];
}

test('a text that grows past one message goes on in the next ones, in order, and all are settled', async () => {
  const world = await createWorld({ render: inPieces, intervalMs: 5_000 });
  const outbox = world.outbox();
  await outbox.start();
  const { promptId, message } = await world.turn('one', await world.thread('t1'));
  world.setTurn(promptId, 'working', '');
  await outbox.open([message]);
  await world.clock.advance(0);
  expect(world.surface.messages().map(({ body }) => body)).toEqual(['turn working: ']);
  world.setTurn(promptId, 'working', 'abcdefghijklmnopqrstuvwxyz');
  outbox.want(message.key, progress);
  await world.clock.advance(5_000);
  world.setTurn(promptId, 'done', 'abcdefghijklmnopqrstuvwxyz 0123456789');
  outbox.want(message.key, final);
  await world.clock.advance(0);
  expect(world.surface.messages().map(({ key, body }) => [key, body])).toEqual([
    ['turn:one', 'turn done: abcdefghi'],
    ['turn:one~2', 'jklmnopqrstuvwxyz 01'],
    ['turn:one~3', '23456789'],
  ]);
  expect(world.store.rows().map(({ state }) => state)).toEqual(['settled', 'settled', 'settled']);
});

test('a message that is not needed any more is emptied, not left with old text', async () => {
  const world = await createWorld({ render: inPieces });
  const outbox = world.outbox();
  await outbox.start();
  const { promptId, message } = await world.turn('one', await world.thread('t1'));
  world.setTurn(promptId, 'working', 'a long text that needs more than two messages');
  await outbox.open([message]);
  await world.clock.advance(0);
  expect(world.surface.messages()).toHaveLength(3);
  world.setTurn(promptId, 'done', 'short');
  outbox.want(message.key, final);
  await world.clock.advance(60_000);
  expect(world.surface.messages().map(({ body }) => body)).toEqual(['turn done: short', '…', '…']);
});

test('a mirror is opened after its message, is told apart, and is edited to the outcome', async () => {
  const asked: (string | null | undefined)[] = [];
  const world = await createWorld({
    mirrors: (view) => (view.kind === 'permission' ? ['check'] : []),
    render: (view, _now, mirror) => {
      asked.push(mirror);
      return `${mirror ?? 'comment'}: ${renderPlainly(view)}`;
    },
  });
  const outbox = world.outbox();
  await outbox.start();
  const { requestId, message } = await world.permission('one', await world.thread('t1'));
  world.setPermission(requestId, false);
  await outbox.open([message]);
  await world.clock.advance(0);
  world.setPermission(requestId, true);
  outbox.want(message.key, { priority: PRIORITY.permission, version: 2 });
  await world.clock.advance(0);
  expect(world.surface.messages().map(({ key, body }) => [key, body])).toEqual([
    ['permission:one', 'comment: permission k7 "rm -rf build": Allow'],
    ['permission:one#check', 'check: permission k7 "rm -rf build": Allow'],
  ]);
  expect(asked).toContain('check');
  expect(world.row('permission:one#check')).toMatchObject({ state: 'settled', mirror: 'check' });
});

test('what belongs to a message is found again after a crash', async () => {
  const world = await createWorld({ render: inPieces });
  const first = world.outbox();
  await first.start();
  const { promptId, message } = await world.turn('one', await world.thread('t1'));
  world.setTurn(promptId, 'done', 'abcdefghijklmnopqrstuvwxyz');
  // The process dies between the first message and the second.
  world.surface.fault = (call) =>
    call.key.endsWith('~2') ? { kind: 'hang', done: true } : undefined;
  await first.open([message]);
  await world.clock.advance(0);
  world.leases.kill('A');
  world.surface.fault = () => undefined;
  const second = world.outbox({ holder: 'B' });
  await second.start();
  await world.clock.advance(60_000);
  expect(world.surface.messages().map(({ body }) => body)).toEqual([
    'turn done: abcdefghi',
    'jklmnopqrstuvwxyz',
  ]);
  expect(world.store.rows().map(({ state }) => state)).toEqual(['settled', 'settled']);
});
