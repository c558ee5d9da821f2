import type { Assertion, AssertionRef, HeaderValue } from '../format/assertion.js';
import { isList, isMap } from '../format/header-checks.js';
import { headerText } from '../format/header-text.js';
import { referenceKey, referenceOf } from './reference.js';

function listOf(value: HeaderValue | undefined): readonly HeaderValue[] {
  return isList(value) ? value : [];
}

/** Any point of the set, if the model pins none. */
function namesSet(model: Assertion, [, accountId, name, sequence]: readonly string[]): boolean {
  return listOf(model.headers['validation-sets']).some(
    (entry) =>
      isMap(entry) &&
      entry['name'] === name &&
      (entry['account-id'] ?? headerText(model, 'brand-id')) === accountId &&
      (entry['sequence'] === undefined || entry['sequence'] === sequence),
  );
}

function isOfModel(assertion: Assertion, [, brandId, model = '']: readonly string[]): boolean {
  if (headerText(assertion, 'brand-id') !== brandId) return false;
  switch (assertion.type.name) {
    case 'serial':
    case 'preseed':
      return headerText(assertion, 'model') === model;
    case 'system-user':
      return listOf(assertion.headers['models']).includes(model);
    default:
      return false;
  }
}

/** What assertions name in addition to signer, authority and prerequisites; by the named type. */
const MENTIONS: Readonly<Record<string, (by: Assertion, key: readonly string[]) => boolean>> = {
  // Validation sets, models and preseeds list snaps by their ids.
  'snap-declaration': ({ headers }, [, snapId]) =>
    listOf(headers['snaps']).some((entry) => isMap(entry) && entry['id'] === snapId),
  'validation-set': (by, key) => by.type.name === 'model' && namesSet(by, key),
  store: (by, [storeId]) => by.type.name === 'model' && headerText(by, 'store') === storeId,
  model: isOfModel,
};

/**
 * Strings that every assertion that depends on this key must contain, to find the few among many.
 *
 * @returns nothing if no assertion can depend on the type
 */
export function dependencyMarks({ type, primaryKey }: AssertionRef): readonly string[] {
  const [first = '', second = '', third = ''] = primaryKey;
  switch (type) {
    case 'account':
    case 'account-key':
    case 'store':
      return [first];
    case 'snap-declaration':
      return [second];
    case 'model':
    case 'validation-set':
      return [second, third];
    case 'serial':
      return primaryKey;
    default:
      return [];
  }
}

/**
 * Whether an assertion depends on another one: it is signed by that key or account, requires it as a
 * prerequisite, or names it.
 *
 * @param dependent - verified
 */
export function dependsOn(dependent: Assertion, { type, primaryKey }: AssertionRef): boolean {
  const reference = referenceKey({ type, primaryKey });
  if (referenceOf(dependent) === reference) return false;
  if (type === 'account-key' && dependent.signKeyId === primaryKey[0]) return true;
  if (type === 'account' && dependent.authorityId === primaryKey[0]) return true;
  if (dependent.type.prerequisites(dependent).some((one) => referenceKey(one) === reference)) return true;
  return MENTIONS[type]?.(dependent, primaryKey) ?? false;
}
