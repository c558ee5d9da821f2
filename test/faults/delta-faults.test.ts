import { execFileSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeltaIndexService } from '../../src/deltas/delta-index.service.js';
import { MAX_DELTA_ATTEMPTS } from '../../src/deltas/delta-keeper.service.js';
import { DeltaWorkerService } from '../../src/deltas/delta-worker.service.js';
import { DeltasRepository, type DeltaRecord } from '../../src/deltas/deltas.repository.js';
import { encode } from '../../src/deltas/xdelta3.js';
import { SettingsService } from '../../src/settings/settings.service.js';
import { World } from '../e2e/device-api/world.js';
import { poll } from '../support/poll.js';
import { freePort } from '../support/ports.js';
import { run, serve } from '../support/program.js';
import { mountSmallDisk, whyNoMount } from '../support/small-disk.js';
import { hasXdelta3, WITHOUT_XDELTA3 } from '../support/xdelta3.js';

const PADDING_BYTES = 1_000_000;
const UNDISTURBED = { signal: new AbortController().signal, isBusy: () => Promise.resolve(false) };
const PATH = process.env['PATH'] ?? '';

let world: World;
let programs: string;
let snapId: string;
const padding = randomBytes(PADDING_BYTES);

beforeEach(async () => {
  world = await World.start();
  programs = join(world.store.directory, 'programs');
  mkdirSync(programs);
  for (const revision of [1, 2]) {
    const bytes = Buffer.concat([padding, randomBytes(revision * 1_000), padding]);
    ({ snapId } = await world.push({ name: 'hello', revision, padding: bytes }));
  }
});
afterEach(async () => {
  process.env['PATH'] = PATH;
  await world.stop();
});

/** Replaces xdelta3 with a program, which can run the real one as `$REAL`. */
function standIn(script: string): void {
  const real = execFileSync('/bin/sh', ['-c', 'command -v xdelta3'], { env: { PATH } }).toString().trim();
  const path = join(programs, 'xdelta3');
  writeFileSync(path, `#!/bin/sh\n${script.replaceAll('$REAL', real)}\n`);
  chmodSync(path, 0o755);
  process.env['PATH'] = `${programs}${delimiter}${PATH}`;
}
const round = async () => await world.store.app.get(DeltaWorkerService).round();
const records = async () => await world.store.app.get(DeltasRepository).findAll();
async function only(): Promise<DeltaRecord | undefined> {
  const all = await records();
  expect(all).toHaveLength(1);
  return all[0];
}
/** Two files are the snaps. */
const expectNoTrace = async () => expect(await world.store.blobFiles()).toHaveLength(2);
const letTimePass = async () =>
  await world.store.query(`update snap_delta set tried_at = tried_at - interval '1 day'`);

describe.skipIf(!hasXdelta3)(`a program that${WITHOUT_XDELTA3}`, () => {
  it.each([
    ['fails', 'echo "no such luck" >&2; exit 3', 'xdelta3 ended with status 3: no such luck'],
    ['is killed', 'kill -9 $$', 'xdelta3 was killed by SIGKILL'],
    ['fails after half of it', '$REAL "$@" | head -c 500; exit 1', 'xdelta3 ended with status 1'],
    [
      'stops early but reports success',
      'case "$1" in -e) $REAL "$@" | head -c 500;; *) exec $REAL "$@";; esac',
      'xdelta3 ended with status 1',
    ],
    [
      'produces another file',
      // The delta produces another file, not the target.
      'case "$1" in -e) for last; do :; done; head -c 900000 "$last" > "$0.other"; exec $REAL -e -c -s "$8" "$0.other";; *) exec $REAL "$@";; esac',
      'does not produce the target',
    ],
    [
      'cannot be applied',
      'case "$1" in -e) exec $REAL "$@";; *) exit 7;; esac',
      'xdelta3 ended with status 1',
    ],
    ['is not xdelta3', 'exit 0', ''],
  ])('%s: no delta is offered, and the number of attempts is limited', async (_name, script, reason) => {
    standIn(script);
    for (let attempt = 1; attempt <= MAX_DELTA_ATTEMPTS + 1; attempt += 1) {
      await round();
      // An immediate retry is too early.
      await round();
      const record = await only();
      expect([record?.state, record?.attempts]).toEqual(['failed', Math.min(attempt, MAX_DELTA_ATTEMPTS)]);
      expect(record?.reason).toContain(reason);
      await letTimePass();
    }
    expect(world.store.app.get(DeltaIndexService).find(snapId, 1, 2)).toBeUndefined();
    await expectNoTrace();
  });

  it('works again is used again', async () => {
    standIn('exit 1');
    await round();
    process.env['PATH'] = PATH;
    await letTimePass();
    await round();
    expect(await only()).toMatchObject({ state: 'ready', attempts: 2 });
  });

  it('ended before its output is read loses no output', async () => {
    const making = encode('/bin/echo', 'a', 'b', UNDISTURBED);
    await making.ended;
    await sleep(100);
    const pieces: Buffer[] = [];
    for await (const piece of making.output as AsyncIterable<Buffer>) pieces.push(piece);
    // The first argument is an option of echo.
    expect(Buffer.concat(pieces).toString()).toBe('-D -A= -S none -c -s a b\n');
  });

  it('is running during an import is paused until the import ends', async () => {
    standIn(
      `case "$1" in -e) echo $$ > ${programs}/pid; while [ -d ${programs} ] && [ ! -e ${programs}/go ]; do sleep 0.05; done; exec $REAL "$@";; *) exec $REAL "$@";; esac`,
    );
    const over = round();
    const pidFile = join(programs, 'pid');
    const pid = await poll(
      () => (existsSync(pidFile) ? readFileSync(pidFile, 'utf8').trim() : ''),
      (text) => text !== '',
    );
    const stateOf = () => /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    // A file that another process continues to write.
    const incoming = join(world.store.dataDir, 'blobs/incoming/1-of-an-import');
    writeFileSync(incoming, '');
    const writing = setInterval(() => appendFileSync(incoming, 'x'), 100);
    expect(await poll(stateOf, (state) => state === 'T')).toBe('T');
    writeFileSync(join(programs, 'go'), '');
    clearInterval(writing);
    rmSync(incoming);
    await over;
    expect((await only())?.state).toBe('ready');
  });

  it('is running is not paused by the leftovers of an import', async () => {
    const left = join(world.store.dataDir, 'blobs/incoming/1-left-behind');
    writeFileSync(left, 'half');
    utimesSync(left, new Date(0), new Date(0));
    await round();
    expect((await only())?.state).toBe('ready');
  });

  it('cannot be started is an error', async () => {
    const making = encode('/nonexistent/xdelta3', 'a', 'b', UNDISTURBED);
    await expect(making.ended).rejects.toThrow('ENOENT');
    // The reader ends too.
    await making.output.toArray().catch(() => undefined);
  });

  it('writes without end is stopped', async () => {
    standIn('case "$1" in -e) exec cat /dev/zero;; *) exit 1;; esac');
    await round();
    expect((await only())?.state).toBe('too-large');
    await expectNoTrace();
  });

  it('is not installed: no delta is made, and status says so', async () => {
    process.env['PATH'] = programs;
    await round();
    expect(await records()).toEqual([]);
    const { stdout } = await run(['--data', world.store.dataDir, 'status'], { PATH: programs });
    expect(stdout).toContain(
      '\nDeltas: "0 (0 bytes); none are made: the program xdelta3 is not installed"\n',
    );
    process.env['PATH'] = PATH;
    await round();
    expect((await only())?.state).toBe('ready');
  });

  it('has the lowest priority for processors', async () => {
    standIn(`sleep 0.2; ps -o ni= -p $$ >> ${programs}/nice; exec $REAL "$@"`);
    await round();
    expect((await only())?.state).toBe('ready');
    expect(
      readFileSync(join(programs, 'nice'), 'utf8')
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual(['19', '19', '']);
  });
});

describe.skipIf(!hasXdelta3)(`a server that${WITHOUT_XDELTA3}`, () => {
  const started = async () => {
    while ((await records())[0]?.state !== 'started') await sleep(10);
  };
  const setUp = async () =>
    await world.store.app.get(SettingsService).set([
      ['proxy.ipaddress', '127.0.0.1'],
      ['proxy.port.http', String(await freePort())],
    ]);
  const start = async (): Promise<{ child: ChildProcess; ended: Promise<unknown> }> =>
    await serve(['--data', world.store.dataDir], { PATH: process.env['PATH'] ?? '' });

  it('is killed while a delta is made leaves no incomplete file, and the next server makes the delta', async () => {
    await setUp();
    standIn('case "$1" in -e) head -c 300 /dev/urandom; exec sleep 1000;; esac');
    const { child, ended } = await start();
    await started();
    while (!(await world.store.blobFiles()).some((name) => name.startsWith('incoming'))) await sleep(10);
    child.kill('SIGKILL');
    await ended;
    expect(await only()).toMatchObject({ state: 'started', attempts: 1 });
    expect(world.store.app.get(DeltaIndexService).find(snapId, 1, 2)).toBeUndefined();
    process.env['PATH'] = PATH;
    // The database releases the lock when it notices the end of the connection.
    for (let record = await only(); record?.state !== 'ready'; record = await only()) {
      await round();
      await sleep(50);
    }
    expect(await only()).toMatchObject({ state: 'ready', attempts: 2 });
    const files = await world.store.blobFiles();
    expect(files).toHaveLength(3);
    expect(files.filter((name) => name.startsWith('incoming'))).toEqual([]);
  });

  it('is stopped while a delta is made ends immediately, and does not count the attempt', async () => {
    await setUp();
    standIn('case "$1" in -e) exec sleep 1000;; esac');
    const { child, ended } = await start();
    await started();
    child.kill('SIGTERM');
    await ended;
    expect(await records()).toEqual([]);
    await expectNoTrace();
  });

  it('is killed each time a delta is made stops trying', async () => {
    for (let attempt = 1; attempt <= MAX_DELTA_ATTEMPTS; attempt += 1) {
      const [record] = await records();
      expect(record?.attempts ?? 0).toBe(attempt - 1);
      await world.store.app.get(DeltasRepository).begin({ snapId, source: 1, target: 2 });
    }
    await round();
    expect(await only()).toMatchObject({ state: 'started', attempts: MAX_DELTA_ATTEMPTS });
  });
});

const refusedBecause = whyNoMount();
const WITHOUT_MOUNT =
  refusedBecause === undefined ? '' : ` (skipped, as no disk can be mounted here: ${refusedBecause})`;

describe.skipIf(refusedBecause !== undefined || !hasXdelta3)(
  `a disk${WITHOUT_XDELTA3}${WITHOUT_MOUNT}`,
  () => {
    const DISK_BYTES = 16 << 20;
    let blobs: string;

    beforeEach(() => {
      blobs = join(world.store.dataDir, 'blobs');
      const kept = join(world.store.directory, 'kept');
      execFileSync('cp', ['-a', blobs, kept]);
      mountSmallDisk(blobs, `size=${DISK_BYTES}`);
      execFileSync('cp', ['-a', `${kept}/.`, blobs]);
    });
    afterEach(() => execFileSync('umount', [blobs]));

    const freeBytes = () => Number(execFileSync('stat', ['-f', '-c', '%a', blobs]).toString()) * 4_096;
    const leave = (bytes: number) => writeFileSync(join(blobs, 'ballast'), Buffer.alloc(freeBytes() - bytes));
    /** A twentieth of the disk is reserved for imports. */
    const KEPT_BYTES = Math.ceil(DISK_BYTES / 20 / 4_096) * 4_096;

    it.each([
      [KEPT_BYTES, 1],
      [KEPT_BYTES - 4_096, 0],
    ])('with %i bytes free: %i', async (free, count) => {
      leave(free);
      expect(freeBytes()).toBe(free);
      await round();
      expect(await records()).toHaveLength(count);
    });

    it('that becomes full while a delta is made does not count as a failure of the revisions', async () => {
      // More than fits on the disk, but less than the limit of a delta.
      standIn(
        `case "$1" in -e) dd if=/dev/zero of=${blobs}/more bs=1M 2>/dev/null; head -c 900000 /dev/urandom;; esac`,
      );
      await round();
      expect(await records()).toEqual([]);
      rmSync(join(blobs, 'more'));
      expect((await world.store.blobFiles()).filter((name) => name.startsWith('incoming'))).toEqual([]);
      process.env['PATH'] = PATH;
      await round();
      expect(await only()).toMatchObject({ state: 'ready', attempts: 1 });
    });

    it('that is read-only is tried again later', async () => {
      execFileSync('mount', ['-o', 'remount,ro', blobs]);
      await round();
      expect(await records()).toEqual([]);
      execFileSync('mount', ['-o', 'remount,rw', blobs]);
      await round();
      expect(await only()).toMatchObject({ state: 'ready' });
    });
  },
);
