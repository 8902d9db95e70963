import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Begun first: else a run ends with one worker at work on one of them, and the others idle. */
const LONGEST = ['scenarios/kill.test.ts', 'scenarios/two-servers.test.ts', 'deliveries.test.ts'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean =>
      LONGEST.some((name) => moduleId.endsWith(name));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**', 'test/fixtures/**', 'node_modules/**'],
    pool: 'forks',
    // More than cores: most tests wait for processes and databases.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    // On a loaded CI machine simulated time can overtake real sockets. A second try is reported as one.
    retry: process.env['CI'] === undefined ? 0 : 1,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    coverage: { provider: 'v8', include: ['src/core/**/*.ts'], thresholds: { lines: 95 } },
  },
});
