// Runs the bench: builds the program, puts the bench together as plain JavaScript, and starts it.
// Standard output belongs to the bench alone, so that `--json` prints one object.
import { execFileSync } from 'node:child_process';
import { build } from 'esbuild';

const root = new URL('../..', import.meta.url).pathname;
process.chdir(root);
execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: ['ignore', process.stderr, 'inherit'] });

// Below node_modules, so that its packages are found from there.
const outdir = 'node_modules/.cache/bench';
await build({
  entryPoints: ['test/bench/bench.ts', 'test/bench/fastify-peer.ts'],
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  packages: 'external',
  logLevel: 'error',
});

// It reads its arguments from this process, and ends with it.
await import(`${root}${outdir}/bench.mjs`);
