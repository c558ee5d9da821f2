import { defineConfig } from 'vitest/config';
import { ClosingLineReporter } from './test/support/closing-line-reporter.js';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['test/snapd/**', 'test/package/**', 'test/seed/**', 'test/hostile/**', 'node_modules/**'],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/setup.ts'],
    reporters: ['default', new ClosingLineReporter()],
    pool: 'forks',
    // The machines that tests run on have two cores or more; files share nothing.
    maxWorkers: 2,
    // Ends what hangs. No test depends on how fast the machine is.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
