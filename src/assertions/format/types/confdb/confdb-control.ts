import type { Assertion, HeaderMap } from '../../assertion.js';
import { HeaderError, readMaps, readMatching, readTexts } from '../../header-checks.js';
import { quote } from '../../quote.js';
import { checkModelName } from '../model.js';
import { ACCOUNT_ID, STRICT_SERIAL } from '../patterns.js';
import { SUBKEY } from './storage-path.js';

const AUTHENTICATION = /^(?:operator-key|store)$/;

/** snapcore/snapd: confdb/confdb_control.go, convertToViewRefs: `account/confdb/view` */
function checkView(view: string): void {
  const [account = '', confdb = '', name = '', ...more] = view.split('/');
  const isGood = more.length === 0 && ACCOUNT_ID.test(account) && SUBKEY.test(confdb) && SUBKEY.test(name);
  if (!isGood) throw new HeaderError(`"views" of a group has a malformed element: ${quote(view)}`);
}

function readTextsOfGroup(group: HeaderMap, name: string, pattern?: RegExp): string[] {
  const texts = readTexts(group, name, pattern, 'a group');
  if (texts.length === 0) throw new HeaderError(`${quote(name)} of a group is missing`);
  return texts;
}

/** @see snapcore/snapd: asserts/confdb.go, assembleConfdbControl */
export function checkConfdbControl({ headers }: Assertion): void {
  readMatching(headers, 'brand-id', ACCOUNT_ID);
  checkModelName(headers);
  readMatching(headers, 'serial', STRICT_SERIAL);
  for (const group of readMaps(headers, 'groups')) {
    readTextsOfGroup(group, 'authentications', AUTHENTICATION);
    readTextsOfGroup(group, 'views').forEach(checkView);
    readTextsOfGroup(group, 'operators', ACCOUNT_ID);
  }
}
