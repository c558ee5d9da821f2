import { expect, it } from 'vitest';
import { LogGate } from './log-gate.js';

it('logs one line of each kind a second, and counts the others', () => {
  let now = 0;
  const gate = new LogGate(() => now);
  const lines: string[] = [];
  const log = (kind: string) => gate.pass(kind, (leftOut) => lines.push(`${kind} ${leftOut}`));
  for (const at of [0, 1, 999, 1_000, 1_001]) {
    now = at;
    log('a');
    if (at < 2) log('b');
  }
  expect(lines).toEqual(['a 0', 'b 0', 'a 2']);
});

it('treats new lines as one kind if there are too many kinds', () => {
  const gate = new LogGate(() => 0);
  let lines = 0;
  for (let index = 0; index < 1_000; index += 1) gate.pass(`kind ${index}`, () => (lines += 1));
  expect(lines).toBe(101);
});
