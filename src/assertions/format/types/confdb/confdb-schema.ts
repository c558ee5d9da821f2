import { MAX_CONFDB_SCHEMA_BODY_BYTES } from '../../../../common/limits.js';
import type { Assertion } from '../../assertion.js';
import {
  HeaderError,
  readMatching,
  readOptionalMap,
  readOptionalText,
  readTime,
} from '../../header-checks.js';
import { readGoJson } from './go-json.js';
import { SUBKEY } from './storage-path.js';
import { parseStorageSchema, type StorageSchema } from './storage-schema.js';
import { checkViews } from './views.js';

function readStorage(body: Buffer): StorageSchema {
  if (body.length > MAX_CONFDB_SCHEMA_BODY_BYTES)
    throw new HeaderError(`the body is longer than ${MAX_CONFDB_SCHEMA_BODY_BYTES} bytes`);
  const content = readGoJson(body.toString());
  if (content === undefined)
    throw new HeaderError('the body is not JSON with two spaces of indentation and sorted keys');
  const storage = content instanceof Map ? content.get('storage') : undefined;
  if (storage === undefined) throw new HeaderError('the body has no "storage"');
  return parseStorageSchema(storage);
}

/** @see snapcore/snapd: asserts/confdb.go, assembleConfdbSchema */
export function checkConfdbSchema({ headers, body, authorityId }: Assertion): void {
  const account = headers['account-id'];
  if (authorityId !== (account === 'system' ? 'canonical' : account))
    throw new HeaderError('header "account-id" must be the authority, which issues confdb-schemas');
  readMatching(headers, 'name', SUBKEY);
  const views = readOptionalMap(headers, 'views');
  if (!views) throw new HeaderError('header "views" is missing');
  readOptionalText(headers, 'summary');
  checkViews(views, readStorage(body));
  readTime(headers, 'timestamp');
}
