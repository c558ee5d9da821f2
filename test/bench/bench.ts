import { chmodSync, cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isRunning, readLockFile } from '../../src/database/embedded/postmaster.js';
import { benchAnswers } from './answers.js';
import { benchCatalogue } from './catalogue.js';
import { benchDownload } from './download.js';
import { benchFakestore } from './fakestore.js';
import { benchFind } from './find.js';
import { benchManagement } from './management.js';
import { stopAll } from './processes.js';
import { benchPush } from './push.js';
import { progress, Report } from './report.js';
import { benchStart } from './start.js';
import { makeWorld, type World } from './world.js';

const PARTS: Readonly<Record<string, (world: World) => Promise<void>>> = {
  start: benchStart,
  answers: benchAnswers,
  download: benchDownload,
  fakestore: benchFakestore,
  catalogue: benchCatalogue,
  find: benchFind,
  push: benchPush,
  management: benchManagement,
};

const LEAST_PAIRS = 5;
const HELP = `Compares the built program with its peers on this machine; needs about 3 GB in ${tmpdir()}.

  --json          print one JSON object
  --only PARTS    some of ${Object.keys(PARTS).join(',')}
  --pairs N       measurements of each, at least ${LEAST_PAIRS}
`;

/** A server that had to be killed leaves its database behind. */
function stopDatabases(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const pid = readLockFile(join(directory, entry.name, 'postgres'))?.pid;
    if (pid !== undefined && isRunning(pid)) process.kill(pid, 'SIGQUIT');
  }
}

async function bench(report: Report, parts: readonly string[]): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'store-bench-'));
  // The database runs under an account of its own, which must reach its folder.
  chmodSync(directory, 0o711);
  // A copy, so that a build meanwhile does not change what is measured.
  const copy = resolve(`node_modules/.cache/bench/dist-${process.pid}`);
  cpSync('dist', copy, { recursive: true });
  // As in the project itself; without it Node would first have to find out what kind of modules these are.
  writeFileSync(join(copy, 'package.json'), '{ "type": "module" }\n');
  // What the bench waits for fails then, and it ends by the same way as after any failure.
  const interrupt = () => void stopAll();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const world = await makeWorld(directory, join(copy, 'snap-store-proxy.js'), report);
    for (const part of parts) await PARTS[part]?.(world);
  } finally {
    await stopAll();
    stopDatabases(directory);
    for (const folder of [directory, copy]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    only: { type: 'string', default: Object.keys(PARTS).join(',') },
    pairs: { type: 'string', default: String(LEAST_PAIRS) },
  },
});
const parts = values.only.split(',');
const unknown = parts.find((part) => !Object.hasOwn(PARTS, part));
if (values.help) process.stdout.write(HELP);
else if (unknown !== undefined) throw new Error(`there is no part ${JSON.stringify(unknown)}\n\n${HELP}`);
else {
  const report = new Report(Math.max(LEAST_PAIRS, Number(values.pairs) || 0));
  const begin = performance.now();
  await bench(report, parts);
  progress(`took ${Math.round((performance.now() - begin) / 1_000)} s`);
  process.stdout.write(
    values.json ? `${JSON.stringify(report.toJson(), null, 2)}\n` : `${report.toTable()}\n`,
  );
}
