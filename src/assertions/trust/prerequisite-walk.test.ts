import { describe, expect, it } from 'vitest';
import { lookupOf, TestStoreStack } from '../../../test/support/store-stack.js';
import type { Assertion, AssertionRef } from '../format/assertion.js';
import { MAX_BATCH_ASSERTIONS } from './batch.js';
import { walkPrerequisites, type FindPrerequisite } from './prerequisite-walk.js';
import { referenceKey, referenceOf } from './reference.js';

const SNAP_ID = 's'.repeat(32);
const stack = new TestStoreStack({ keyBits: 1_024 });
const declaration = stack.snapDeclaration({ snapId: SNAP_ID, name: 'hello' });
const revision = stack.snapRevision({
  snapId: SNAP_ID,
  revision: 7,
  digest: Buffer.alloc(48, 1),
  sizeBytes: 4_096,
});
const all = stack.chain(revision);
const trusted = new Set(stack.trusted().map(referenceOf));

function refOf({ type, primaryKey }: Assertion): AssertionRef {
  return { type: type.name, primaryKey };
}

async function walk(start: AssertionRef, find: FindPrerequisite): Promise<Assertion[]> {
  const found: Assertion[] = [];
  for await (const assertion of walkPrerequisites(start, find)) found.push(assertion);
  return found;
}

describe('the walk along prerequisites', () => {
  const stored = lookupOf(all);
  const find: FindPrerequisite = ({ type, primaryKey }) =>
    trusted.has(referenceKey({ type, primaryKey }))
      ? Promise.resolve(undefined)
      : stored.find(type, primaryKey);

  it('returns each assertion once, after its prerequisites', async () => {
    expect((await walk(refOf(revision), find)).map(referenceOf)).toEqual(all.map(referenceOf));
  });

  it('asks for each assertion once, and names the one that requires it', async () => {
    const asked: string[] = [];
    await walk(refOf(revision), async (reference, needing) => {
      asked.push(`${referenceKey(reference)} for ${needing ? needing.type.name : 'nothing'}`);
      return await find(reference, needing);
    });
    expect(asked[0]).toBe(`${referenceOf(revision)} for nothing`);
    expect(asked[1]).toBe(`${referenceOf(declaration)} for snap-revision`);
    expect(new Set(asked.map((one) => one.split(' ')[0])).size).toBe(asked.length);
  });

  it('ends if nothing is found', async () => {
    expect(await walk(refOf(revision), () => Promise.resolve(undefined))).toEqual([]);
    const only: FindPrerequisite = (_, needing) => Promise.resolve(needing ? undefined : revision);
    expect(await walk(refOf(revision), only)).toEqual([revision]);
  });

  it('ends if assertions require each other', async () => {
    const key = { ...revision, signKeyId: 'own' };
    expect(await walk({ type: 'account-key', primaryKey: ['own'] }, () => Promise.resolve(key))).toContain(
      key,
    );
  });

  it.each([
    [MAX_BATCH_ASSERTIONS, true],
    [MAX_BATCH_ASSERTIONS + 1, false],
  ])('follows a chain of %i: %s', async (length, isFollowed) => {
    const keyType = { ...revision.type, prerequisites: () => [] };
    const chain: FindPrerequisite = ({ primaryKey: [id] }) => {
      const number = Number(id);
      const signKeyId = String(Math.min(number + 1, length));
      return Promise.resolve({ ...revision, type: keyType, signKeyId });
    };
    const walked = walk({ type: 'account-key', primaryKey: ['1'] }, chain);
    if (isFollowed) expect(await walked).toHaveLength(length);
    else await expect(walked).rejects.toMatchObject({ code: 'too-large' });
  });
});
