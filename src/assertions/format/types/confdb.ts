import type { Assertion, HeaderMap } from '../assertion.js';
import {
  HeaderError,
  readMaps,
  readMatching,
  readOptionalMap,
  readOptionalText,
  readTexts,
  readTime,
} from '../header-checks.js';
import { quote } from '../quote.js';
import { goJson } from './go-json.js';
import { checkModelName } from './model.js';
import { ACCOUNT_ID, STRICT_SERIAL } from './patterns.js';

const CONFDB_NAME = /^[a-z](?:-?[a-z0-9])*$/;
const AUTHENTICATION = /^(?:operator-key|store)$/;

/** snapcore/snapd: asserts/asserts.go, checkJSON: exactly as Go writes it */
function readBody(body: Buffer): unknown {
  const text = body.toString();
  try {
    const value: unknown = JSON.parse(text);
    if (goJson(value) === text) return value;
  } catch (error) {
    throw new HeaderError('the body is not JSON', { cause: error });
  }
  throw new HeaderError('the body is not JSON with two spaces of indentation and sorted keys');
}

/**
 * What views and storage say is left to the devices: that there are views, and a `storage` in the body,
 * is all that is asked of them here.
 *
 * @see snapcore/snapd: asserts/confdb.go, assembleConfdbSchema; the rules that are left out are in confdb/
 */
export function checkConfdbSchema({ headers, body, authorityId }: Assertion): void {
  const account = headers['account-id'];
  if (authorityId !== (account === 'system' ? 'canonical' : account))
    throw new HeaderError('header "account-id" is not of the authority, which issues confdb-schemas');
  readMatching(headers, 'name', CONFDB_NAME);
  if (!readOptionalMap(headers, 'views')) throw new HeaderError('header "views" is missing');
  readOptionalText(headers, 'summary');
  const content = readBody(body);
  if (typeof content !== 'object' || content === null || !Object.hasOwn(content, 'storage'))
    throw new HeaderError('the body has no "storage"');
  readTime(headers, 'timestamp');
}

/** snapcore/snapd: confdb/confdb_control.go, convertToViewRefs: `account/confdb/view` */
function checkView(view: string): void {
  const [account = '', confdb = '', name = '', ...more] = view.split('/');
  const isGood =
    more.length === 0 && ACCOUNT_ID.test(account) && CONFDB_NAME.test(confdb) && CONFDB_NAME.test(name);
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
