import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether deltas can be made here. */
export const hasXdelta3 = spawnSync('xdelta3', ['-V'], { stdio: 'ignore' }).status === 0;

/** For the name of what is skipped then. */
export const WITHOUT_XDELTA3 = hasXdelta3 ? '' : ' (skipped: xdelta3 is not installed)';

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
