import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Mounts a disk in memory. @param options - of mount: `size=4m` */
export function mountSmallDisk(path: string, options: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'pipe' });
}

/** Why no small disk can be made here; undefined where it can. */
export function whyNoMount(): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'mount-'));
  try {
    mountSmallDisk(path, 'size=1m');
    execFileSync('umount', [path]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.split('\n')[0] : String(error);
  } finally {
    rmSync(path, { recursive: true });
  }
}
