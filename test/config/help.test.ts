import { expect, test } from 'vitest';
import { configurationHelp } from '../../src/config/help.ts';
import { environmentSchema, settings } from '../../src/config/settings.ts';

test('every variable that is parsed is documented, and no other', () => {
  expect(settings.map(({ name }) => name)).toEqual(Object.keys(environmentSchema.shape));
});

test('the settings read well in a terminal', () => {
  expect(`\n${configurationHelp()}`).toMatchInlineSnapshot(`
    "
      PORT                 TCP port to listen on; 0 takes a free one.
                           Default: 3000
      HOST                 Address to listen on. Set 0.0.0.0 only behind a TLS proxy.
                           Default: 127.0.0.1
      THREADCAST_DATA_DIR  Directory of the database, the secrets and the workspaces of agents.
                           Default: .threadcast
      DATABASE_URL         postgres://… for several replicas, pglite://dir for an embedded Postgres.
                           Default: SQLite in the data directory
      PUBLIC_URL           Address under which people reach this server; links are made from it.
                           Default: http://HOST:PORT
      LOG_LEVEL            One of trace, debug, info, warn, error, fatal, silent.
                           Default: info"
  `);
});
