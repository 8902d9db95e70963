import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**', 'test/fixtures/**', 'node_modules/**'],
    pool: 'forks',
    // All cores: most tests wait for processes and databases. By default one core is kept free.
    maxWorkers: '100%',
    // On a loaded CI machine simulated time can overtake real sockets. A second try is reported as one.
    retry: process.env['CI'] === undefined ? 0 : 1,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    coverage: { provider: 'v8', include: ['src/core/**/*.ts'], thresholds: { lines: 95 } },
  },
});
