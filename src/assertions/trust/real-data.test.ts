import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasReal, REAL, realFiles } from '../../../test/support/real.js';
import type { Assertion } from '../format/assertion.js';
import { decodeStream } from '../format/stream.js';
import { NOTHING_STORED } from './assertion-lookup.js';
import { AssertionBatch } from './batch.js';
import { referenceOf } from './reference.js';
import { TrustedRoots } from './trusted-roots.js';

const CONTEXT = {
  roots: TrustedRoots.withCanonical([]),
  stored: NOTHING_STORED,
  now: new Date('2026-06-01T00:00:00Z'),
};

/** A device signs it with its own key, which is in nobody's chain. */
const SELF_SIGNED = new Set(['serial-request']);

const read = (path: string): Assertion[] => decodeStream(readFileSync(path));
const assertionFiles = realFiles('assertions', '.assert');

function rows(paths: readonly string[]): [string, string][] {
  return paths.map((path) => [relative(REAL, path), path]);
}

/** Verifies all of them together. @returns what is missing for those that could not be verified */
async function missingFor(assertions: readonly Assertion[]): Promise<string[]> {
  const batch = new AssertionBatch();
  for (const assertion of assertions) batch.add(assertion);
  const { verified, unresolved } = await batch.verify(CONTEXT);
  const missing = unresolved.map(
    (one) =>
      `${referenceOf(one.assertion)} lacks ${one.missing.map(({ type, primaryKey }) => [type, ...primaryKey].join('/')).join(', ')}`,
  );
  const settled = verified.length + unresolved.length;
  const roots = assertions.filter(({ type, primaryKey }) => CONTEXT.roots.find(type.name, primaryKey));
  expect(settled).toBe(new Set(assertions.map(referenceOf)).size - new Set(roots.map(referenceOf)).size);
  return missing;
}

describe.skipIf(!hasReal)('real assertions (skipped if the real data is missing)', () => {
  it.each(rows(assertionFiles))('decodes %s', (_name, path) => {
    expect(read(path)).toHaveLength(1);
  });

  it('verifies them together, up to the root of Canonical', async () => {
    const assertions = assertionFiles.flatMap(read).filter(({ type }) => !SELF_SIGNED.has(type.name));
    expect(await missingFor(assertions)).toMatchInlineSnapshot(`
      [
        "snap-declaration/16/ffnH0sJpX3NFAclH777M8BdXIWpo93af lacks account/0N0rjFmfHsjIZMCjZ4IX5EtW2CsVd5Ky",
        "snap-declaration/16/OHILDGdP7v0yZmkQnvGyXnGD5t2mZZ1g lacks account/oXBKQ6XsXgTcTNVFH6NlFsTz7Epn2kvJ",
        "snap-declaration/16/UQEdRgY5gr1dI2fwIDOgUQidMZauRqt7 lacks account/ekRMaarzOfN1Vu3sDY0Bt1aGnM8Cd4kG",
        "snap-revision/AH7zvZLOXzHcp3gxaWTmGUOrmsXYJmACXFiCBoydL-H1PlC9G43rGAJs3WiyzOb_/global-upload lacks snap-declaration/16/JUJH91Ved74jd4ZgJCpzMBtYbPOzTlsD, account/GKq9csPRQp1E5kUglZG9QTqDEBLrcszO",
        "snap-revision/F5gwZqB3EBPQ62fhu2CL65TPNdyLbxCVdsxEReYrnp5sNu2z2BXAjdk_BRfUKJgV/global-upload lacks snap-declaration/16/RmBXKl6HO6YOC2DE4G2q1JzWImC04EUy",
        "snap-revision/tZ4sZcgQR8QSIdneZKmUj44OXwnVm_64iWwPmwh_3Jfi5eGCRyDYEnfrAcIsX2D_/global-upload lacks snap-declaration/16/TIM9dBBJEceEjMpwaB3fiuZ3AdSykgDO",
        "snap-revision/Gsqj3QgpWFq2p0517nHNNMZWgX5rG6_vaeOjT9Nyua_l36qkC_HdiDw2iEd4t1J-/global-upload lacks snap-declaration/16/CSO04Jhav2yK0uz97cr0ipQRyqg0qQL6",
        "snap-revision/7uNHCak9aSwcICRfP1YmJNGrRqROw45Ihj1aFx7S74MUfXYedKyZQzbjkJC2CCYd/global-upload lacks snap-declaration/16/amcUKQILKXHHTlmSa7NMdnXSx02dNeeT",
        "snap-revision/rCj3QCM0PMpsn4FiyOqBpUBtjbU_PLGrTOcr96Q9jTKjV96NSRDpW9lZIpmrsSJU/global-upload lacks snap-declaration/16/n0XNnJXxSdYYHRYwtfYV2mBSkzH1Fbkn, account/SflUpHyJuL9BkjUnFAgINhCW9QjI5tow",
        "store/jbRWNnfXpDi0G5GD7LEZqbpSqfWcUtFi lacks account/eJ8VwwkInXdLo5nIgoSKH8j95qs6BQ7D",
      ]
    `);
  });

  it.each(rows(realFiles('streams', '.assert')))('verifies the stream %s', async (_name, path) => {
    expect(await missingFor(read(path))).toEqual([]);
  });
});
