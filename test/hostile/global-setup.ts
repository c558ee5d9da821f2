import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { stopServer } from '../../src/database/embedded/postmaster.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the attacked store. */
    hostileDirectory: string;
  }
}

/** Removes the store at the end, even if the process of the tests was killed. */
export default function setup(project: TestProject): () => Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'store-hostile-'));
  // The database runs under its own account, which needs access to its folder.
  chmodSync(directory, 0o711);
  project.provide('hostileDirectory', directory);
  return async () => {
    await stopServer(join(directory, 'store/postgres'));
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  };
}
