/** A process of Threadcast's GitHub side for storms. */
import type { Clock } from '../../src/core/ports/clock.ts';
import { createGitHubApp } from '../../src/github/app.ts';
import type { FakeGitHub } from '../harness/fake-github/fake-github.ts';
import { startStormProcess } from '../harness/storm-process.ts';

export type StormProcess = Awaited<ReturnType<typeof startProcess>>;

export const startProcess = (of: {
  readonly github: FakeGitHub;
  readonly clock: Clock;
  readonly dataDir: string;
  /** Undefined = SQLite in the data directory. */
  readonly databaseUrl?: string | undefined;
}) =>
  startStormProcess({
    ...of,
    mention: of.github.world.app.slug,
    makeApp: (deps) =>
      createGitHubApp({
        ...deps,
        options: {
          appId: of.github.world.app.id,
          privateKey: of.github.privateKey,
          webhookSecret: of.github.secret,
          apiUrl: of.github.url,
          aliases: [],
          labels: ['threadcast'],
          bots: [],
          untaggedReplies: false,
          signingKey: new Uint8Array(32).fill(9),
        },
      }),
  });
