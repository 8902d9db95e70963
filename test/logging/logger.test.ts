import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRedactor } from '../../src/core/access/redact.ts';
import { createLogger } from '../../src/logging/logger.ts';
import type { LoggerOptions } from '../../src/logging/logger.ts';

let directory: string;
let file: string;
let fd: number;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'threadcast-log-'));
  file = path.join(directory, 'log');
  fd = openSync(file, 'w');
});

afterEach(async () => {
  closeSync(fd);
  await rm(directory, { recursive: true });
});

const logger = (options: Partial<LoggerOptions> = {}) =>
  createLogger({ level: 'info', pretty: false, fd, ...options });

/** What stands in the file at once after the call, so nothing may be buffered. */
const written = (): string => readFileSync(file, 'utf8');
const lines = (): readonly Record<string, unknown>[] =>
  written()
    .trim()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line));

test('a line is one JSON object with level, time, fields and message, written before the call returns', async () => {
  (await logger()).warn({ attempt: 2 }, 'The agent was started again.');
  expect(lines()).toEqual([
    {
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      attempt: 2,
      msg: 'The agent was started again.',
    },
  ]);
});

test('a child writes its ids on each line, and its own child adds to them', async () => {
  const child = (await logger()).child({ requestId: 'req_1' });
  child.info({}, 'one');
  child.child({ sessionId: 'ses_1' }).info({}, 'two');
  expect(lines()).toMatchObject([
    { requestId: 'req_1', msg: 'one' },
    { requestId: 'req_1', sessionId: 'ses_1', msg: 'two' },
  ]);
});

test('lines below the level are not written', async () => {
  const quiet = await logger({ level: 'warn' });
  quiet.info({}, 'no');
  quiet.error({}, 'yes');
  expect(lines()).toMatchObject([{ msg: 'yes' }]);
});

test('a secret is masked in message, field, error and stack, whatever the log looks like', async () => {
  const token = `tc_${'a1B2'.repeat(11)}`;
  for (const pretty of [false, true]) {
    const log = await logger({ pretty, redact: createRedactor(['correct horse battery']) });
    log.error(
      {
        header: `Bearer ${token}`,
        error: new Error(`bad token ${token}`),
        key: 'correct horse battery',
      },
      `Refused ${token}.`,
    );
  }
  expect(written()).not.toContain(token);
  expect(written()).not.toContain('correct horse');
  expect(written().match(/\[secret\]/g)?.length).toBeGreaterThanOrEqual(8);
});

test('on a terminal a line reads well', async () => {
  (await logger({ pretty: true })).child({ sessionId: 'ses_1' }).info({}, 'Started.');
  expect(stripVTControlCharacters(written()).replace(/^\[[\d:.]+\]/, '[time]'))
    .toMatchInlineSnapshot(`
    "[time] INFO: Started.
        sessionId: "ses_1"
    "
  `);
});
