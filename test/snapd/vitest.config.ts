import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { ClosingLineReporter } from '../support/closing-line-reporter.js';

/** The tests with a real snapd. They are separate from the others, because they need root and Debian (`run.sh`). */
export default defineConfig({
  root: resolve(import.meta.dirname, '../..'),
  test: {
    include: ['test/snapd/**/*.test.ts'],
    reporters: ['verbose', new ClosingLineReporter()],
    pool: 'forks',
    // One device at a time, because its mounts and its daemon are global to the machine.
    fileParallelism: false,
    testTimeout: 0,
    hookTimeout: 0,
  },
});
