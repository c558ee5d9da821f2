import { readFileSync } from 'node:fs';
import { basename, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasReal, REAL, realFiles } from '../../../test/support/real.js';
import { decodeAssertion } from './decode.js';
import { formatHeaders, parseHeaders } from './headers.js';
import { decodePublicKey } from './keys.js';
import { decodeStream, encodeStream } from './stream.js';
import { verifySignature } from './verify.js';

const single = realFiles('assertions', '.assert');
const streams = realFiles('streams', '.assert');
const name = (file: string): string => relative(REAL, file);

/** The account-keys of all files, by id. */
function realKeys(): ReadonlyMap<string, ReturnType<typeof decodePublicKey>> {
  const assertions = [...single, ...streams].flatMap((file) => decodeStream(readFileSync(file)));
  const keys = assertions.filter(({ type }) => type.name === 'account-key');
  return new Map(keys.map((key) => [key.primaryKey.join('/'), decodePublicKey(key.body)]));
}

describe('assertions of the official store', () => {
  it.skipIf(!hasReal)('exist, or this is skipped: ../shared/real is missing', () => {
    expect(single.length).toBeGreaterThanOrEqual(60);
    expect(streams.length).toBeGreaterThanOrEqual(3);
  });

  it.each(single.map((file) => [name(file), file]))('%s is decoded and written back unchanged', (_, file) => {
    const bytes = readFileSync(file);
    const assertion = decodeAssertion(bytes);
    expect(assertion.bytes.equals(bytes)).toBe(true);
    expect(encodeStream([assertion]).equals(bytes)).toBe(true);
    const [streamed, ...more] = decodeStream(bytes);
    expect(streamed).toEqual(assertion);
    expect(more).toEqual([]);
    const head = bytes.subarray(0, bytes.indexOf('\n\n'));
    expect(formatHeaders(Object.entries(parseHeaders(head))).toString()).toBe(head.toString());
  });

  it.each(streams.map((file) => [name(file), file]))(
    '%s is decoded and written back unchanged',
    (_, file) => {
      const bytes = readFileSync(file);
      const assertions = decodeStream(bytes);
      expect(assertions.length).toBeGreaterThan(1);
      expect(encodeStream(assertions).equals(bytes)).toBe(true);
    },
  );

  it.skipIf(!hasReal)('are all signed by the key that they name', () => {
    const keys = realKeys();
    const unknown: string[] = [];
    for (const file of [...single, ...streams]) {
      for (const assertion of decodeStream(readFileSync(file))) {
        const key = keys.get(assertion.signKeyId);
        if (key) expect(() => verifySignature(assertion, key.keyObject), name(file)).not.toThrow();
        else unknown.push(basename(file));
      }
    }
    // Signed by the device's own key, which it contains.
    expect(unknown).toEqual(['9c4d9a6e57.assert']);
  });

  it.skipIf(!hasReal)('have account-keys whose id and body we encode identically', () => {
    const assertions = single.map((file) => decodeAssertion(readFileSync(file)));
    for (const key of assertions.filter(({ type }) => type.name === 'account-key')) {
      const { id, encoded } = decodePublicKey(key.body);
      expect(id).toBe(key.headers['public-key-sha3-384']);
      expect(encoded.equals(key.body)).toBe(true);
    }
  });
});
