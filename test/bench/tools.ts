import { execFileSync, spawnSync } from 'node:child_process';
import { progress } from './report.js';

/** Whether a program can be started. */
function isInstalled(program: string): boolean {
  return spawnSync('/bin/sh', ['-c', 'command -v "$1"', 'sh', program]).status === 0;
}

/**
 * Makes sure of a program, installing Debian's package of it where root runs the bench.
 *
 * @returns undefined, or the reason why it is not here
 */
export function missingTool(program: string, debianPackage: string): string | undefined {
  if (isInstalled(program)) return undefined;
  if (process.getuid?.() !== 0) return `${program} is not installed: apt-get install ${debianPackage}`;
  progress(`installing ${debianPackage}`);
  try {
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', debianPackage], {
      stdio: ['ignore', 'ignore', 'ignore'],
      // Nothing that a package starts by itself may run beside the bench.
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    });
  } catch {
    return `${program} is not installed, and apt-get could not install ${debianPackage}`;
  }
  return isInstalled(program) ? undefined : `${debianPackage} holds no ${program}`;
}
