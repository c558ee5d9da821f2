import { describe, expect, it } from 'vitest';
import { lookupOf, TestStoreStack } from '../../../test/support/store-stack.js';
import type { Assertion } from '../format/assertion.js';
import { decodeAssertion } from '../format/decode.js';
import { siftFiles } from './sift.js';
import { TrustedRoots } from './trusted-roots.js';

const stack = new TestStoreStack({ keyBits: 1_024 });
const SNAP_ID = 's'.repeat(32);
stack.snapDeclaration({ snapId: SNAP_ID, name: 'hello' });
const chain = stack.chain(
  stack.snapRevision({ snapId: SNAP_ID, revision: 7, digest: Buffer.alloc(48, 1), sizeBytes: 4_096 }),
);
const [key, account, declaration, revision] = chain as [Assertion, Assertion, Assertion, Assertion];
const context = {
  roots: TrustedRoots.withCanonical(stack.trusted()),
  stored: lookupOf([]),
  now: new Date('2026-06-01T00:00:00Z'),
};

function changed(assertion: Assertion, from: RegExp, to: string): Assertion {
  return decodeAssertion(Buffer.from(assertion.bytes.toString('latin1').replace(from, to), 'latin1'));
}

/** For each file, whether it is accepted; and the number of new assertions. */
async function sifted(...files: Assertion[][]): Promise<[(string | undefined)[], number]> {
  const { refused, verified } = await siftFiles(files, context);
  return [files.map((_, place) => refused.get(place)?.message), verified.length];
}

const FORGED = expect.stringContaining('cannot verify account assertion ');
const MISSING = expect.stringContaining(': missing ');

describe('files that came together', () => {
  it('may require each other, in any order', async () => {
    expect(await sifted([revision, account], [declaration], [key])).toEqual([
      [undefined, undefined, undefined],
      4,
    ]);
  });

  it('are refused alone if one is forged, in any position', async () => {
    const forged = changed(account, /display-name: /, 'display-name: Not ');
    expect(await sifted([forged], chain)).toEqual([[FORGED, undefined], 4]);
    expect(await sifted(chain, [forged])).toEqual([
      [undefined, expect.stringContaining('there are two different ones of revision 0')],
      4,
    ]);
  });

  it('are refused alone if one forges a newer revision of a prerequisite of others', async () => {
    const newer = changed(account, /\nauthority-id: /, '\nrevision: 9\nauthority-id: ');
    expect(await sifted([newer], chain)).toEqual([[FORGED, undefined], 4]);
  });

  it('are refused with an invalid file that they require', async () => {
    const forged = changed(account, /display-name: /, 'display-name: Not ');
    expect(await sifted([forged], [declaration, key], [key])).toEqual([[FORGED, MISSING, undefined], 1]);
  });

  it('add nothing if one of their own assertions is invalid', async () => {
    const forged = changed(revision, /snap-revision: 7/, 'snap-revision: 8');
    expect(await sifted([...chain.slice(0, 3), forged], [revision])).toEqual([
      [expect.stringContaining('cannot verify snap-revision assertion '), MISSING],
      0,
    ]);
  });

  it('are none if there are none', async () => {
    expect(await sifted()).toEqual([[], 0]);
  });
});
