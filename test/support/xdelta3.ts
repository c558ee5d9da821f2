import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether deltas can be made here. */
export function hasXdelta3(): boolean {
  return spawnSync('xdelta3', ['-V'], { stdio: 'ignore' }).status === 0;
}

/** Has root install Debian's package where it is missing. Once for each run: test files share it. */
export function installXdelta3(): void {
  if (hasXdelta3()) return;
  const options = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const;
  spawnSync('apt-get', ['update', '-qq'], options);
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'xdelta3'], options);
  if (!hasXdelta3())
    console.warn('tests of deltas are skipped: xdelta3 is not here, and apt-get could not install it');
}

/** What a delta makes of its source, by the program as snapd calls it. */
export function applyDelta(source: Buffer, delta: Buffer): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'apply-delta-'));
  try {
    const [from, patch, to] = ['from', 'patch', 'to'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(from, source);
    writeFileSync(patch, delta);
    execFileSync('xdelta3', ['-d', '-s', from, patch, to], { stdio: 'pipe' });
    return readFileSync(to);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
