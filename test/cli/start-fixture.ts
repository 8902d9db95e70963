/** A process that runs `threadcast start` over an app that behaves as its first argument says. */
import { run } from '../../src/cli/run.ts';
import { AppError } from '../../src/core/model/errors.ts';
import type { ServerApp } from '../../src/cli/command.ts';
import { validSetup } from './fake-cli.ts';

const forever = new Promise<never>(() => {});
// A server keeps its process up.
setInterval(() => {}, 60_000);

const good: ServerApp = {
  start: async () => ({ url: 'http://127.0.0.1:3000', loginUrl: 'http://127.0.0.1:3000/login/1' }),
  stop: async (reason) => console.log(`stopped: ${reason}`),
};

const apps: Record<string, ServerApp> = {
  good,
  'hangs in stop': { ...good, stop: () => forever },
  'fails with a sentence': {
    ...good,
    start: () => Promise.reject(new AppError('unavailable', 'The database is locked by pid 7.')),
  },
  'finds the port taken': {
    ...good,
    start: () => Promise.reject(Object.assign(new Error('listen'), { code: 'EADDRINUSE' })),
  },
};

const app = apps[process.argv[2] ?? ''];
if (app === undefined) throw new Error('no such app');
const code = await run([], {
  version: '1.2.3',
  nodeVersion: process.versions.node,
  cwd: process.cwd(),
  settingsHelp: '',
  setup: validSetup({ createApp: async () => app }, { port: 3000, dataDir: '/data' }),
  out: (text) => console.log(text),
  err: (text) => console.error(text),
  ask: async () => undefined,
  exit: (status) => process.exit(status),
});
process.exit(code);
