import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * Test tiers; see docs/architecture.md. Container tiers run one file at a time: they share two cores. Pure tiers share
 * a process among files: most of their time would otherwise go into loading the same modules for each of hundreds.
 * The time limits are for what hangs: a slow or busy machine must not come near them.
 */
const tier = (name: string, options: { timeout: number; serial: boolean }) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: options.timeout,
    hookTimeout: options.timeout,
    fileParallelism: !options.serial,
    isolate: options.serial,
    // The default leaves one of two cores idle.
    maxWorkers: options.serial ? 1 : Math.max(2, availableParallelism() - 1),
    pool: 'forks' as const,
    setupFiles: ['test/support/umask.ts'],
  },
});

export default defineConfig({
  test: {
    projects: [
      tier('unit', { timeout: 120_000, serial: false }),
      tier('engine', { timeout: 300_000, serial: true }),
      tier('e2e', { timeout: 600_000, serial: true }),
      tier('conformance', { timeout: 300_000, serial: false }),
      tier('vm', { timeout: 1_200_000, serial: true }),
    ],
  },
});
