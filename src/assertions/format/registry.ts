import type { Assertion, AssertionRef } from './assertion.js';
import type { AssertionType } from './assertion-type.js';

const text = (assertion: Assertion, name: string): string => {
  const value = assertion.headers[name];
  return typeof value === 'string' ? value : '';
};
const account =
  (header: string) =>
  (assertion: Assertion): AssertionRef[] => [{ type: 'account', primaryKey: [text(assertion, header)] }];
const declaration = (assertion: Assertion): AssertionRef => ({
  type: 'snap-declaration',
  primaryKey: ['16', text(assertion, 'snap-id')],
});

function t(name: string, primaryKey: string[], extra: Partial<AssertionType> = {}): [string, AssertionType] {
  return [
    name,
    {
      name,
      primaryKey,
      optionalKeyDefaults: {},
      maxFormat: 0,
      noAuthority: false,
      sequenceForming: false,
      check: () => undefined,
      prerequisites: () => [],
      ...extra,
    },
  ];
}

export const ASSERTION_TYPES: ReadonlyMap<string, AssertionType> = new Map([
  t('account', ['account-id']),
  t('account-key', ['public-key-sha3-384'], { maxFormat: 1, prerequisites: account('account-id') }),
  t('snap-declaration', ['series', 'snap-id'], { maxFormat: 7, prerequisites: account('publisher-id') }),
  t('snap-revision', ['snap-sha3-384', 'provenance'], {
    optionalKeyDefaults: { provenance: 'global-upload' },
    prerequisites: (a) => [declaration(a), ...account('developer-id')(a)],
  }),
  t('store', ['store'], { prerequisites: account('operator-id') }),
  t('model', ['series', 'brand-id', 'model']),
  t('serial', ['brand-id', 'model', 'serial']),
  t('validation-set', ['series', 'account-id', 'name', 'sequence'], { sequenceForming: true }),
]);

export function assertionType(name: string): AssertionType | undefined {
  return ASSERTION_TYPES.get(name);
}
