import { beforeAll, describe, expect, it } from 'vitest';
import { generateRsaKey } from '../../common/crypto/rsa-key.js';
import type { Assertion } from './assertion.js';
import { MAX_ASSERTION_BODY_BYTES, MAX_HEADERS_BYTES, MAX_SIGNATURE_BYTES } from './limits.js';
import { signAssertion } from './sign.js';
import { decodeStream, decodeStreamChunks, encodeStream } from './stream.js';

const REFUSED = expect.objectContaining({ code: 'invalid-assertion' });
const TOO_LARGE = expect.objectContaining({ code: 'too-large' });
const privateKey = generateRsaKey(1024);

function account(id: string, body?: string): Assertion {
  return signAssertion({
    type: 'account',
    headers: {
      'authority-id': 'acme',
      'account-id': id,
      'display-name': 'Acme',
      timestamp: '2026-01-01T00:00:00Z',
      username: id,
      validation: 'unproven',
    },
    ...(body !== undefined && { body: Buffer.from(body) }),
    privateKey,
  });
}

const one = account('one').bytes.toString();
const two = account('two', 'a body\n\nwith empty lines\n\n').bytes.toString();

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function decodeChunks(bytes: Buffer, size: number, maxBytes = bytes.length): Promise<Assertion[]> {
  const assertions: Assertion[] = [];
  for await (const assertion of decodeStreamChunks(chunksOf(bytes, size), { maxBytes }))
    assertions.push(assertion);
  return assertions;
}

const ids = (assertions: readonly Assertion[]): string[] =>
  assertions.flatMap(({ primaryKey }) => primaryKey);

describe('a stream', () => {
  it.each([
    ['without assertions', '', []],
    ['of one assertion', one, ['one']],
    ['with one new line between', `${one}\n${two}`, ['one', 'two']],
    ['of many assertions', [one, two, two, one].join('\n'), ['one', 'two', 'two', 'one']],
    ['with one new line at the end', `${two}\n${one}\n`, ['two', 'one']],
    ['without a last line end', `${one}\n${two}`.trimEnd(), ['one', 'two']],
    ['with an additional new line before the signature', one.replace('\n\n', '\n\n\n'), ['one']],
  ])('%s is read in one piece and in chunks', async (_, source, expected) => {
    const bytes = Buffer.from(source);
    expect(ids(decodeStream(bytes))).toEqual(expected);
    for (const size of [1, 2, 7, bytes.length + 1])
      expect(ids(await decodeChunks(bytes, size))).toEqual(expected);
  });

  it.each([
    ['without a separator', one + two],
    ['with two new lines between', `${one}\n\n${two}`],
    ['with two new lines at the end', `${one}\n\n`],
    ['with a new line at the start', `\n${one}`],
    ['with an empty line at the start', `\n\n${one}`],
    ['of a line end', '\n'],
    ['of Windows lines', one.replaceAll('\n', '\r\n')],
    ['cut in the headers', one.slice(0, 40)],
    ['cut after the headers', one.slice(0, one.indexOf('\n\n') + 1)],
    ['cut before the signature', one.slice(0, one.indexOf('\n\n') + 2)],
    ['cut in the signature', one.slice(0, -10)],
    ['cut in the body', two.slice(0, two.indexOf('a body') + 3)],
    ['cut after the body', two.slice(0, two.indexOf('lines\n\n') + 8)],
    ['with a body longer than its length', two.replace('a body', 'one body')],
    ['with a body shorter than its length', two.replace('a body', 'body')],
    ['with a body without a length', two.replace(/body-length: \d+\n/, '')],
    ['with a negative length', two.replace(/body-length: \d+/, 'body-length: -1')],
    ['with a damaged second assertion', `${one}\n${two.replace('type', 'tipe')}`],
  ])('%s is refused, in one piece and in chunks', async (_, source) => {
    const bytes = Buffer.from(source);
    expect(() => decodeStream(bytes)).toThrow(REFUSED);
    for (const size of [1, 7, bytes.length + 1])
      await expect(decodeChunks(bytes, size)).rejects.toThrow(REFUSED);
  });

  it('returns the assertions before the damage', async () => {
    const read: Assertion[] = [];
    const reading = async (): Promise<void> => {
      const source = chunksOf(Buffer.from(`${one}\n${two}\n\n`), 64);
      for await (const assertion of decodeStreamChunks(source, { maxBytes: 10_000 })) read.push(assertion);
    };
    await expect(reading()).rejects.toThrow(REFUSED);
    expect(ids(read)).toEqual(['one', 'two']);
  });

  it('names the unknown type', () => {
    const bytes = Buffer.from(`${one}\n${two.replace('type: account', 'type: bccount')}`);
    expect(() => decodeStream(bytes)).toThrow(
      expect.objectContaining({ code: 'unsupported', message: expect.stringContaining('bccount') }),
    );
  });

  it('keeps an empty body’s own empty line in the content', () => {
    const [assertion] = decodeStream(Buffer.from(one.replace('\n\n', '\n\n\n\n')));
    expect(assertion?.content.toString()).toBe(`${one.slice(0, one.indexOf('\n\n'))}\n\n`);
  });

  it('gives each its own copy', () => {
    const bytes = Buffer.from(`${one}\n${two}`);
    const assertions = decodeStream(bytes);
    bytes.fill(0);
    expect(assertions.map((assertion) => assertion.bytes.toString())).toEqual([one, two]);
  });
});

describe('encodeStream', () => {
  it.each(['', one, `${one}\n${two}`, `${two}\n${one}`.trimEnd()])('writes back what was read', (source) => {
    expect(encodeStream(decodeStream(Buffer.from(source))).toString()).toBe(source);
  });

  it('ends a signature before the next assertion', () => {
    const assertions = [...decodeStream(Buffer.from(one.trimEnd())), ...decodeStream(Buffer.from(two))];
    expect(encodeStream(assertions).toString()).toBe(`${one}\n${two}`);
  });
});

describe('limits', () => {
  let small: string;
  let signature: string;
  beforeAll(() => {
    small = one.slice(0, one.indexOf('\n\n'));
    signature = one.slice(one.indexOf('\n\n') + 2);
  });

  const padded = (bytes: number): Buffer =>
    Buffer.from(`${small}\nzzz: ${'x'.repeat(bytes - small.length - '\nzzz: \n\n'.length)}\n\n${signature}`);
  const withSignature = (bytes: number, end: string): Buffer =>
    Buffer.from(`${small}\n\n${signature}${'\r'.repeat(bytes - signature.length - end.length)}${end}`);

  it('accepts headers with their empty line up to 128 KiB', async () => {
    for (const bytes of [MAX_HEADERS_BYTES - 1, MAX_HEADERS_BYTES]) {
      expect(decodeStream(padded(bytes))).toHaveLength(1);
      expect(await decodeChunks(padded(bytes), 4_096)).toHaveLength(1);
    }
    expect(() => decodeStream(padded(MAX_HEADERS_BYTES + 1))).toThrow(TOO_LARGE);
    await expect(decodeChunks(padded(MAX_HEADERS_BYTES + 1), 4_096)).rejects.toThrow(TOO_LARGE);
  });

  it('accepts signatures with their end up to 128 KiB', async () => {
    for (const [bytes, end] of [
      [MAX_SIGNATURE_BYTES - 1, ''],
      [MAX_SIGNATURE_BYTES - 1, '\n\n'],
      [MAX_SIGNATURE_BYTES, '\n\n'],
    ] as const) {
      expect(decodeStream(withSignature(bytes, end))).toHaveLength(1);
      expect(await decodeChunks(withSignature(bytes, end), 4_096)).toHaveLength(1);
    }
    for (const [bytes, end] of [
      [MAX_SIGNATURE_BYTES, ''],
      [MAX_SIGNATURE_BYTES + 1, '\n\n'],
    ] as const) {
      expect(() => decodeStream(withSignature(bytes, end))).toThrow(TOO_LARGE);
      await expect(decodeChunks(withSignature(bytes, end), 4_096)).rejects.toThrow(TOO_LARGE);
    }
  });

  it('accepts bodies up to 2 MiB', async () => {
    const largest = account('one', 'x'.repeat(MAX_ASSERTION_BODY_BYTES)).bytes;
    expect(decodeStream(largest)).toHaveLength(1);
    expect(await decodeChunks(largest, 65_536)).toHaveLength(1);
    const tooLong = Buffer.from(
      largest.toString().replace(String(MAX_ASSERTION_BODY_BYTES), String(MAX_ASSERTION_BODY_BYTES + 1)),
    );
    expect(() => decodeStream(tooLong)).toThrow(TOO_LARGE);
  });

  it('accepts a whole stream up to the given limit', async () => {
    const bytes = Buffer.from(`${one}\n${two}`);
    expect(await decodeChunks(bytes, 100, bytes.length)).toHaveLength(2);
    await expect(decodeChunks(bytes, 100, bytes.length - 1)).rejects.toThrow(TOO_LARGE);
  });

  it.each([
    ['headers', () => `${small}\nzzz: `],
    ['a signature', () => `${small}\n\n${signature}`],
  ])('stops an endless stream in %s', async (_, begin) => {
    let sentBytes = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      yield Buffer.from(begin());
      for (;;) {
        sentBytes += 1_024;
        yield await Promise.resolve(Buffer.alloc(1_024, 'A'));
      }
    }
    const reading = decodeStreamChunks(endless(), { maxBytes: Number.MAX_SAFE_INTEGER });
    await expect(reading.next()).rejects.toThrow(TOO_LARGE);
    expect(sentBytes).toBeLessThanOrEqual(MAX_HEADERS_BYTES);
  });

  it('refuses a body beyond 2 MiB before any of it has arrived', async () => {
    const headers = Buffer.from(`${small}\nbody-length: ${MAX_ASSERTION_BODY_BYTES + 1}\n\n`);
    const reading = decodeStreamChunks(chunksOf(headers, 64), { maxBytes: 10_000 });
    await expect(reading.next()).rejects.toThrow(TOO_LARGE);
  });

  it('reads a large body that arrives byte by byte', async () => {
    const bytes = account('one', 'x'.repeat(200_000)).bytes;
    const [assertion] = await decodeChunks(bytes, 1);
    expect(assertion?.bytes.equals(bytes)).toBe(true);
  });
});
