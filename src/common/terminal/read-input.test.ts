import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { readInput } from './read-input.js';

it('takes as much as the limit, in any pieces', async () => {
  const input = Readable.from([Buffer.alloc(3, 'a'), Buffer.alloc(2, 'b')]);
  expect((await readInput(input, 5, 'cannot do it')).toString()).toBe('aaabb');
});

it('refuses one byte more', async () => {
  const input = Readable.from([Buffer.alloc(3), Buffer.alloc(3)]);
  await expect(readInput(input, 5, 'cannot do it')).rejects.toMatchObject({
    code: 'too-large',
    message: 'cannot do it: the standard input is longer than 5 bytes',
  });
});
