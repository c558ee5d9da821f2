import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { ClosingLineReporter } from '../support/closing-line-reporter.js';
import { HostileTableReporter } from './table-reporter.js';

/**
 * Measures the effect of one attacker on one address. It runs apart from the other tests, because nothing else
 * may run meanwhile.
 */
export default defineConfig({
  root: resolve(import.meta.dirname, '../..'),
  test: {
    include: ['test/hostile/**/*.test.ts'],
    globalSetup: ['test/hostile/global-setup.ts'],
    setupFiles: ['test/support/setup.ts'],
    reporters: ['verbose', new HostileTableReporter(), new ClosingLineReporter()],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 0,
    hookTimeout: 0,
  },
});
