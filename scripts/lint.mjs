// All checks of the code itself: types, lint rules, formatting, and which file may import which.
import { spawnSync } from 'node:child_process';

const root = new URL('..', import.meta.url).pathname;
const checks = [
  ['types', 'tsc', '--noEmit'],
  ['rules', 'oxlint', '--type-aware', '--deny-warnings', 'src', 'test', 'scripts', 'ormconfig.ts'],
  ['format', 'prettier', '--check', '--log-level', 'warn', '.'],
  ['imports', 'depcruise', '--config', '.dependency-cruiser.cjs', 'src', 'ormconfig.ts'],
];

let failed = 0;
for (const [name, command, ...words] of checks) {
  const { status } = spawnSync(`node_modules/.bin/${command}`, words, { cwd: root, stdio: 'inherit' });
  process.stdout.write(`${status === 0 ? 'ok' : 'FAILED'}: ${name}\n`);
  if (status !== 0) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;
