import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';

const parse = (variables: Record<string, string>) => parseConfig(variables, '/srv/app');

test('nothing set gives the defaults, frozen', () => {
  const result = parse({});
  expect(result).toEqual({
    ok: true,
    warnings: [],
    config: {
      port: 3000,
      host: '127.0.0.1',
      dataDir: '/srv/app/.threadcast',
      databaseUrl: undefined,
      publicUrl: undefined,
      logLevel: 'info',
      botTurnsPerHour: 20,
      githubServer: { host: undefined, protocol: 'https' },
    },
  });
  expect(Object.isFrozen(result.ok && result.config)).toBe(true);
});

test('an empty or blank variable counts as unset', () => {
  expect(parse({ PORT: '', LOG_LEVEL: '  ', DATABASE_URL: '' })).toEqual(parse({}));
});

test('every value that is set arrives, in its form', () => {
  const result = parse({
    PORT: '0',
    HOST: '::1',
    THREADCAST_DATA_DIR: '/var/lib/threadcast',
    DATABASE_URL: 'postgres://localhost/threadcast',
    PUBLIC_URL: 'https://threadcast.example.org/bot/',
    LOG_LEVEL: 'debug',
    THREADCAST_BOT_TURNS: '0',
  });
  expect(result.ok && result.config).toEqual({
    port: 0,
    host: '::1',
    dataDir: '/var/lib/threadcast',
    databaseUrl: 'postgres://localhost/threadcast',
    publicUrl: 'https://threadcast.example.org/bot',
    logLevel: 'debug',
    botTurnsPerHour: 0,
    githubServer: { host: undefined, protocol: 'https' },
  });
});

test('every problem is told at once, in sentences, and no database password with them', () => {
  const result = parse({
    PORT: '70000',
    HOST: 'http://localhost',
    DATABASE_URL: 'mysql://root:hunter2@db/x',
    PUBLIC_URL: 'threadcast.example.org',
    LOG_LEVEL: 'loud',
  });
  expect(result.ok ? [] : result.problems.map(({ message }) => message)).toMatchInlineSnapshot(`
    [
      "PORT must be a whole number from 0 to 65535, not "70000".",
      "HOST must be a host name or an IP address, without scheme and port, not "http://localhost".",
      "DATABASE_URL must begin with postgres:// or pglite:// (leave it out for the built-in SQLite file).",
      "PUBLIC_URL must be an http:// or https:// address without query, such as https://threadcast.example.org, not "threadcast.example.org".",
      "LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, not "loud".",
    ]
  `);
  expect(JSON.stringify(result)).not.toContain('hunter2');
});

test.each([
  'ftp://example.org',
  'https://user:pw@example.org',
  'https://example.org/?a=1',
  'https://example.org/#top',
  '//example.org',
])('PUBLIC_URL %s is refused', (value) => {
  const result = parse({ PUBLIC_URL: value });
  expect(result.ok ? [] : result.problems.map(({ name }) => name)).toEqual(['PUBLIC_URL']);
  expect(JSON.stringify(result)).not.toContain('user:pw');
});

test.each(['-1', '3000.5', '1e3', '65536', 'http'])('PORT %s is refused', (value) => {
  expect(parse({ PORT: value }).ok).toBe(false);
});

test('an unknown THREADCAST_ name is warned of, with the name that was probably meant', () => {
  const result = parse({
    THREADCAST_DATADIR: '/x',
    THREADCAST_PORT: '1',
    THREADCAST_SOMETHING_ELSE: 'y',
    UNRELATED: 'z',
  });
  expect(result.ok).toBe(true);
  expect(result.warnings.map(({ message }) => message)).toMatchInlineSnapshot(`
    [
      "THREADCAST_DATADIR is not a setting and is ignored. Did you mean THREADCAST_DATA_DIR?",
      "THREADCAST_PORT is not a setting and is ignored. Did you mean PORT?",
      "THREADCAST_SOMETHING_ELSE is not a setting and is ignored.",
    ]
  `);
});
