import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { readBounded } from './streams.js';

const refuse = () => new RangeError('it is longer than 5 bytes');

it('reads up to the limit, in any pieces', async () => {
  const input = Readable.from([Buffer.alloc(3, 'a'), Buffer.alloc(2, 'b')]);
  expect((await readBounded(input, 5, refuse)).toString()).toBe('aaabb');
});

it('reads an empty stream', async () => {
  expect(await readBounded(Readable.from([]), 0, refuse)).toHaveLength(0);
});

it('refuses one byte more, stops reading and destroys the stream', async () => {
  let asked = 0;
  const input = new Readable({
    highWaterMark: 1,
    read() {
      asked += 1;
      this.push(Buffer.alloc(3));
    },
  });
  await expect(readBounded(input, 5, refuse)).rejects.toThrow(refuse());
  expect(input.destroyed).toBe(true);
  expect(asked).toBeLessThanOrEqual(4);
});

it('throws the error of the stream', async () => {
  const input = Readable.from(
    (async function* () {
      yield Buffer.alloc(1);
      throw new Error('the disk is gone');
    })(),
  );
  await expect(readBounded(input, 5, refuse)).rejects.toThrow('the disk is gone');
});
