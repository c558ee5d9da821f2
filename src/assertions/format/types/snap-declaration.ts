import type { Assertion, HeaderMap } from '../assertion.js';
import {
  HeaderError,
  readMaps,
  readMatching,
  readNonEmptyText,
  readOptionalNumber,
  readText,
  readTexts,
  readTime,
} from '../header-checks.js';
import { quote } from '../quote.js';
import { checkDeviceScope } from './device-scope.js';
import { ACCOUNT_ID, ALIAS, APP_NAME, PROVENANCE } from './patterns.js';
import { checkPlugSlotRules } from './plug-slot-rules.js';

/** snapcore/snapd: asserts/snap_asserts.go, checkAliases */
function checkAliases(headers: HeaderMap): void {
  const names = new Set<string>();
  for (const entry of readMaps(headers, 'aliases')) {
    const name = readMatching(entry, 'name', ALIAS, 'alias');
    readMatching(entry, 'target', APP_NAME, `alias ${quote(name)}`);
    if (names.has(name)) throw new HeaderError(`header "aliases" lists ${quote(name)} twice`);
    names.add(name);
  }
}

function checkRevisionAuthority(headers: HeaderMap): void {
  const of = 'revision-authority';
  for (const entry of readMaps(headers, of)) {
    readMatching(entry, 'account-id', ACCOUNT_ID, of);
    if (readTexts(entry, 'provenance', PROVENANCE, of).length === 0)
      throw new HeaderError(`"provenance" of ${of} is missing`);
    const min = readOptionalNumber(entry, 'min-revision', 1, of) ?? 1;
    const max = readOptionalNumber(entry, 'max-revision', 1, of) ?? min;
    if (max < min) throw new HeaderError(`"max-revision" of ${of} is below "min-revision"`);
    checkDeviceScope(entry, of);
  }
}

/**
 * The name may be empty: the snap is revoked then.
 *
 * @see snapcore/snapd: asserts/snap_asserts.go, assembleSnapDeclaration
 */
export function checkSnapDeclaration({ headers }: Assertion): void {
  readText(headers, 'snap-name');
  readNonEmptyText(headers, 'publisher-id');
  readTime(headers, 'timestamp');
  readTexts(headers, 'refresh-control');
  checkPlugSlotRules(headers);
  readTexts(headers, 'auto-aliases', ALIAS);
  checkAliases(headers);
  checkRevisionAuthority(headers);
}

/** @see snapcore/snapd: asserts/base_declaration.go, assembleBaseDeclaration */
export function checkBaseDeclaration({ headers }: Assertion): void {
  checkPlugSlotRules(headers);
  readTime(headers, 'timestamp');
}
