import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { ClosingLineReporter } from '../support/closing-line-reporter.js';

/** The page of the air-gapped mode, executed (`run.sh`): it needs root and Debian. */
export default defineConfig({
  root: resolve(import.meta.dirname, '../..'),
  test: {
    include: ['test/seed/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/setup.ts'],
    reporters: ['verbose', new ClosingLineReporter()],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 0,
    hookTimeout: 0,
  },
});
