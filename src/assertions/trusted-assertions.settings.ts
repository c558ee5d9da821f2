import { readFile } from 'node:fs/promises';
import { StoreError } from '../common/errors.js';
import { fileTrouble } from '../common/files/file-trouble.js';
import type { Setting } from '../settings/setting.js';
import type { Assertion } from './format/assertion.js';
import { assertionsOf } from './travelled-stream.js';
import { trustedRootsFrom } from './trust/trusted-roots.js';

/** A root is an account and a few keys. A larger file is something else. */
export const MAX_TRUSTED_ASSERTIONS_BYTES = 1 << 20;

const KEY = 'proxy.trusted-assertions';

async function readTrustedFile(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new StoreError('invalid-setting', `cannot set ${KEY}: cannot read ${path}: ${fileTrouble(error)}`, {
      cause: error,
    });
  }
  if (bytes.length > MAX_TRUSTED_ASSERTIONS_BYTES) {
    throw new StoreError(
      'invalid-setting',
      `cannot set ${KEY}: ${path} is longer than ${MAX_TRUSTED_ASSERTIONS_BYTES} bytes`,
    );
  }
  checkReadable(path, bytes);
  return bytes.toString('utf8');
}

/** Reports typical damage of the file, which its content alone does not show. */
function checkReadable(path: string, bytes: Buffer): void {
  try {
    assertionsOf(bytes);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new StoreError('invalid-setting', `cannot set ${KEY}: ${path}: ${error.message}`, { cause: error });
  }
}

function parseTrusted(text: string): Assertion[] {
  if (text === '') return [];
  try {
    return trustedRootsFrom(assertionsOf(Buffer.from(text)));
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new StoreError('invalid-setting', `cannot set ${KEY}: ${error.message}`, { cause: error });
  }
}

/** Further roots that this store trusts, in addition to Canonical's. A chain to any of them is trusted. */
export const TRUSTED_ASSERTIONS: Setting<Assertion[]> = {
  key: KEY,
  scope: 'shared',
  description: "file with the account and account-key of a further trusted root (empty: only Canonical's)",
  defaultText: '',
  parse: parseTrusted,
  fromArgument: async (argument) => (argument === '' ? '' : await readTrustedFile(argument)),
  show: (text) =>
    parseTrusted(text)
      .map(({ type, primaryKey }) => `${type.name} ${primaryKey.join('/')}`)
      .join(', '),
};
