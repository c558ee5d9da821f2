import { SERIES } from '../../../common/domain/words.js';
import type { Assertion, AssertionRef } from '../assertion.js';
import { isList, isMap } from '../header-checks.js';
import { headerText } from '../header-text.js';

function accountRef(accountId: string): AssertionRef {
  return { type: 'account', primaryKey: [accountId] };
}

function declarationRef(snapId: string, series = SERIES): AssertionRef {
  return { type: 'snap-declaration', primaryKey: [series, snapId] };
}

/** The account in a header. */
export function account(header: string): (assertion: Assertion) => AssertionRef[] {
  return (assertion) => [accountRef(headerText(assertion, header))];
}

/**
 * For snap-resource-pair, snapd requires the account only in its consistency check, which has the same effect.
 */
export function declarationAndDeveloper(assertion: Assertion): AssertionRef[] {
  return [
    declarationRef(headerText(assertion, 'snap-id')),
    accountRef(headerText(assertion, 'developer-id')),
  ];
}

/** @see snapcore/snapd: asserts/snap_asserts.go, SnapDeveloper.Prerequisites */
export function snapDeveloper(assertion: Assertion): AssertionRef[] {
  const { developers } = assertion.headers;
  const ids = (isList(developers) ? developers : []).flatMap((entry) => {
    const id = isMap(entry) ? entry['developer-id'] : undefined;
    return typeof id === 'string' ? [id] : [];
  });
  const accounts = new Set([headerText(assertion, 'publisher-id'), ...ids]);
  return [declarationRef(headerText(assertion, 'snap-id')), ...[...accounts].map(accountRef)];
}

/** @see snapcore/snapd: asserts/snap_asserts.go, Validation.Prerequisites */
export function validation(assertion: Assertion): AssertionRef[] {
  const series = headerText(assertion, 'series');
  return ['snap-id', 'approved-snap-id'].map((header) =>
    declarationRef(headerText(assertion, header), series),
  );
}

/** The model names who may sign for a brand. snapd requires it only in its consistency check. */
export function serial({ authorityId, primaryKey: [brand = '', model = ''] }: Assertion): AssertionRef[] {
  return authorityId === brand ? [] : [{ type: 'model', primaryKey: [SERIES, brand, model] }];
}
