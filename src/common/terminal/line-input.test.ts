import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { LineInput, MAX_LINE_BYTES } from './line-input.js';

async function linesOf(chunks: readonly string[]): Promise<string[]> {
  const input = new LineInput(Readable.from(chunks.map((chunk) => Buffer.from(chunk))));
  const lines: string[] = [];
  for (let line = await input.next(); line !== undefined; line = await input.next()) lines.push(line);
  expect(await input.next()).toBeUndefined();
  return lines;
}

describe('lines of a pipe', () => {
  it.each([
    [[], []],
    [['one\n'], ['one']],
    [['one'], ['one']],
    [['one\ntwo\n\nfour'], ['one', 'two', '', 'four']],
    [
      ['o', 'ne\r', '\nt', 'wo\n'],
      ['one', 'two'],
    ],
    [['\n'], ['']],
    [['ä'.repeat(10), '\n'], ['ä'.repeat(10)]],
  ])('%j are %j', async (chunks, lines) => expect(await linesOf(chunks)).toEqual(lines));

  it('have a limit, with or without a line end', async () => {
    const longest = 'x'.repeat(MAX_LINE_BYTES);
    expect(await linesOf([longest])).toEqual([longest]);
    expect(await linesOf([`${longest}\r\nnext`])).toEqual([longest, 'next']);
    await expect(linesOf([`${longest}x`])).rejects.toThrow(`longer than ${MAX_LINE_BYTES} bytes`);
    await expect(linesOf([`${longest}x\n`])).rejects.toThrow(`longer than ${MAX_LINE_BYTES} bytes`);
  });

  it('are not read forever if no line ends', async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        given += 1_024;
        yield Buffer.alloc(1_024, 'x');
      }
    }
    await expect(new LineInput(endless()).next()).rejects.toThrow('longer than');
    expect(given).toBeLessThan(MAX_LINE_BYTES + 4 * 1_024);
  });
});
