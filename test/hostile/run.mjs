// Runs the attacks: `npm run test:hostile [-- --rounds short] [-- --only B1,download]`.
import { execFileSync, spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: 'all' }, only: { type: 'string', default: '' } },
});
if (!['all', 'short'].includes(values.rounds)) throw new Error('--rounds must be all or short');

process.chdir(new URL('../..', import.meta.url).pathname);
execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
const { status } = spawnSync(
  'node_modules/.bin/vitest',
  ['run', '--config', 'test/hostile/vitest.config.ts'],
  {
    stdio: 'inherit',
    env: { ...process.env, HOSTILE_ROUNDS: values.rounds, HOSTILE_ONLY: values.only },
  },
);
process.exitCode = status ?? 1;
