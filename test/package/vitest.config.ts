import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { ClosingLineReporter } from '../support/closing-line-reporter.js';

/**
 * Tests of the install package on a bare machine. They are separate from the other tests, because they need root
 * and Debian.
 */
export default defineConfig({
  root: resolve(import.meta.dirname, '../..'),
  test: {
    include: ['test/package/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/setup.ts'],
    reporters: ['verbose', new ClosingLineReporter()],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 0,
    hookTimeout: 0,
  },
});
