// Writes docs/reference/openapi.json: what the built program says of its management API.
import { spawnSync } from 'node:child_process';

const root = new URL('..', import.meta.url).pathname;
const { status } = spawnSync(
  'node_modules/.bin/vitest',
  ['run', 'test/e2e/management/openapi-file.test.ts'],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, UPDATE_OPENAPI: '1' },
  },
);
process.exitCode = status ?? 1;
