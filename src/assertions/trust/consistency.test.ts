import { describe, expect, it } from 'vitest';
import { lookupOf, TestStoreStack } from '../../../test/support/store-stack.js';
import type { Assertion } from '../format/assertion.js';
import { checkBatch, type BatchContext } from './batch.js';
import { TrustedRoots } from './trusted-roots.js';

const SNAP_ID = 's'.repeat(32);
const SNAP = { snapId: SNAP_ID, revision: 7, digest: Buffer.alloc(48, 1), sizeBytes: 4_096 };

const stack = new TestStoreStack({ keyBits: 1_024 });
const roots = TrustedRoots.withCanonical(stack.trusted());

function contextOf(stored: readonly Assertion[] = []): BatchContext {
  return { roots, stored: lookupOf(stored), now: new Date('2026-06-01T00:00:00Z') };
}

describe('delegated provenance', () => {
  const brand = stack.account('brand');
  const brandKey = stack.accountKey('brand', 'default', stack.key('brand'));
  const authority = {
    'account-id': 'brand',
    provenance: ['brand-prov'],
    'min-revision': '5',
    'max-revision': '9',
  };
  const delegating = stack.snapDeclaration(
    { snapId: SNAP_ID, name: 'hello' },
    { headers: { 'revision-authority': [authority] } },
  );
  const publisher = stack.chain(delegating).filter((assertion) => assertion !== delegating);
  const known = contextOf([...publisher, brand, brandKey, delegating]);

  function delegated(revision: number, provenance: string): Assertion {
    const headers = { 'authority-id': 'brand', provenance };
    return stack.snapRevision({ ...SNAP, revision }, { key: stack.key('brand'), headers });
  }

  it.each([5, 9])('is accepted for revision %i', async (revision) => {
    const one = delegated(revision, 'brand-prov');
    expect(await checkBatch([one], known)).toEqual([one]);
  });

  it.each([
    [4, 'brand-prov'],
    [10, 'brand-prov'],
    [5, 'other'],
  ])('is refused for revision %i and provenance %s', async (revision, provenance) => {
    await expect(checkBatch([delegated(revision, provenance)], known)).rejects.toThrow(
      'does not authorize brand',
    );
  });
});

describe('serials that are not signed by the brand', () => {
  const byService = { key: stack.key('brand service'), headers: { 'authority-id': 'service' } };
  stack.account('service');
  stack.accountKey('service', 'default', stack.key('brand service'));
  const serial = stack.serial({}, byService);

  it('require the model, which must name their signer', async () => {
    const alone = stack.chain(serial).filter(({ type }) => type.name !== 'model');
    await expect(checkBatch(alone, contextOf())).rejects.toThrow('missing model 16/brand/my-model');
    const silent = stack.chain(stack.model());
    await expect(checkBatch([...alone, ...silent], contextOf())).rejects.toThrow('service may not sign');
    const naming = stack.chain(stack.model({}, { headers: { 'serial-authority': ['service'] } }));
    expect(await checkBatch([...alone, ...naming], contextOf())).toContain(serial);
  });
});
