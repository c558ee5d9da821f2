import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { isAlive } from './is-alive.js';

it('is true for this process, and for one of another account', () => {
  expect(isAlive(process.pid)).toBe(true);
  expect(isAlive(1)).toBe(true);
});

it('is false for a process that has ended, and for an invalid number', async () => {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  expect(isAlive(child.pid ?? 0)).toBe(false);
  expect(isAlive(Number.NaN)).toBe(false);
});
