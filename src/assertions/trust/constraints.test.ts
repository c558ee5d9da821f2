import { describe, expect, it } from 'vitest';
import { TestStoreStack } from '../../../test/support/store-stack.js';
import type { Assertion, HeaderValue } from '../format/assertion.js';
import { keyMaySign } from './constraints.js';

const stack = new TestStoreStack({ keyBits: 1_024 });
const model = stack.model(
  { model: 'acme-one' },
  { headers: { 'required-snaps': ['hello', 'hello-world'], 'x-map': { a: 'b', c: ['d'] } } },
);
const revision = stack.snapRevision({
  snapId: 's'.repeat(32),
  revision: 1,
  digest: Buffer.alloc(48),
  sizeBytes: 1,
});

let keys = 0;

function keyWith(...constraints: readonly HeaderValue[]): Assertion {
  keys += 1;
  return stack.accountKey('brand', `key-${keys}`, stack.key('constrained'), {
    key: stack.rootKey,
    body: stack.accountKey('brand', 'free', stack.key('constrained')).body,
    headers: { format: '1', constraints },
  });
}

const forModels = (headers: Record<string, HeaderValue>): HeaderValue => ({
  headers: { type: 'model', ...headers },
});

describe('keyMaySign', () => {
  it('lets a key without constraints sign anything', () => {
    expect(keyMaySign(stack.storeAccountKey, revision)).toBe(true);
  });

  it.each<[string, HeaderValue[]]>([
    ['its type', [forModels({})]],
    ['one of several entries', [{ headers: { type: 'serial' } }, forModels({})]],
    ['an expression', [forModels({ model: 'acme-.*' })]],
    ['an escape that only RE2 accepts', [forModels({ model: 'acme\\-one' })]],
    ['one of several values', [forModels({ model: ['other', 'acme-one'] })]],
    ['every element of a list', [forModels({ 'required-snaps': 'hello.*' })]],
    ['every element of a list, by some choice', [forModels({ 'required-snaps': ['hello', 'hello-world'] })]],
    ['an entry of a map', [forModels({ 'x-map': { a: 'b', c: 'd' } })]],
    ['a header that is missing', [forModels({ store: '$MISSING' })]],
    ['an entry that is missing in a map', [forModels({ 'x-map': { z: '$MISSING' } })]],
  ])('matches %s', (_what, constraints) => expect(keyMaySign(keyWith(...constraints), model)).toBe(true));

  it.each<[string, HeaderValue[]]>([
    ['another type', [{ headers: { type: 'serial' } }]],
    ['a part of a value', [forModels({ model: 'acme' })]],
    ['an end of an alternative', [forModels({ model: 'x|acme' })]],
    ['a value with different case', [forModels({ model: 'ACME-.*' })]],
    ['only some elements of a list', [forModels({ 'required-snaps': 'hello' })]],
    ['a missing header', [forModels({ store: '.*' })]],
    ['a header that must be missing', [forModels({ model: '$MISSING' })]],
    ['a choice that includes missing', [forModels({ store: ['$MISSING', 'x'] })]],
    ['a map instead of a string', [forModels({ model: { a: 'b' } })]],
    ['a string instead of a map', [forModels({ 'x-map': '.*' })]],
    ['another entry of a map', [forModels({ 'x-map': { a: 'c' } })]],
    ['two entries that match in part', [forModels({ model: 'x' }), forModels({ 'brand-id': 'x' })]],
    ['an expression that only RE2 accepts', [forModels({ model: '(?i)ACME-ONE' })]],
  ])('does not match %s', (_what, constraints) =>
    expect(keyMaySign(keyWith(...constraints), model)).toBe(false),
  );

  it('uses the default of a primary key that is not written', () => {
    const constraint = { headers: { type: 'snap-revision', provenance: 'global-upload' } };
    expect(keyMaySign(keyWith(constraint), revision)).toBe(true);
  });
});
