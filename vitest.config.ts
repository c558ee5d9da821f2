import { defineConfig } from 'vitest/config';
import { ClosingLineReporter } from './test/support/closing-line-reporter.js';

const OTHER_RUNS = ['test/snapd/**', 'test/package/**', 'test/seed/**', 'test/hostile/**', 'node_modules/**'];
/** They count the bytes of their own process. */
const ALONE = [
  'test/faults/limits.test.ts',
  'test/e2e/device-api/large-downloads.test.ts',
  'test/e2e/front/unread.test.ts',
];

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', new ClosingLineReporter()],
    // The machines that tests run on have two cores or more.
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'shared',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: [...OTHER_RUNS, ...ALONE],
          // Loading the application takes longer than most files take to run: the files of a process share it.
          isolate: false,
        },
      },
      { extends: true, test: { name: 'alone', include: ALONE } },
    ],
    setupFiles: ['test/support/setup.ts'],
    pool: 'forks',
    // Ends what hangs. No test depends on how fast the machine is.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
