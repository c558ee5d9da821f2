import type { KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { readCertificate, subjectName } from '../common/crypto/certificates.js';
import { pemBlocks, type Refuse } from '../common/crypto/pem.js';
import { StoreError } from '../common/errors.js';
import type { Setting } from '../settings/setting.js';
import { MAX_CERTIFICATE_BYTES, readServerKey } from './server-certificate.js';

function refuseFor(key: string): Refuse {
  return (why, cause) => new StoreError('invalid-setting', `cannot set ${key}: ${why}`, { cause });
}

async function fromFile(argument: string, refuse: Refuse): Promise<string> {
  if (!argument.startsWith('@')) return argument;
  try {
    return await readFile(argument.slice(1), 'utf8');
  } catch (error) {
    throw refuse(`cannot read ${argument.slice(1)}: ${(error as Error).message}`, error);
  }
}

function checkLength(text: string, refuse: Refuse): void {
  if (Buffer.byteLength(text) > MAX_CERTIFICATE_BYTES)
    throw refuse(`it is longer than ${MAX_CERTIFICATE_BYTES} bytes`);
}

function parseChain(text: string): X509Certificate[] {
  if (text === '') return [];
  const refuse = refuseFor(TLS_CERT.key);
  checkLength(text, refuse);
  return pemBlocks(text, refuse).map((block, index) => {
    if (block.label !== 'CERTIFICATE') throw refuse(`there is a ${block.label} in it`);
    return readCertificate(block, index + 1, refuse);
  });
}

function parseKey(text: string): KeyObject | undefined {
  if (text === '') return undefined;
  const refuse = refuseFor(TLS_KEY.key);
  checkLength(text, refuse);
  return readServerKey(text, refuse);
}

type Afterwards = (key: string) => string | undefined;

function checkPair(afterwards: Afterwards): void {
  const [leaf] = parseChain(afterwards(TLS_CERT.key) ?? '');
  const key = parseKey(afterwards(TLS_KEY.key) ?? '');
  if (leaf && key && !leaf.checkPrivateKey(key))
    throw new StoreError(
      'invalid-setting',
      `cannot set ${TLS_CERT.key} and ${TLS_KEY.key}: the key does not match the first certificate (change both at once, as \`import-certificate\` does)`,
    );
}

/** The store's certificate and those between it and a root. If empty, plain HTTP is served. */
export const TLS_CERT: Setting<X509Certificate[]> = {
  key: 'proxy.tls.cert',
  scope: 'shared',
  description:
    'certificates of the store in PEM, its own first, or @FILE (set by `import-certificate`; empty: plain HTTP)',
  defaultText: '',
  parse: parseChain,
  fromArgument: (argument) => fromFile(argument, refuseFor(TLS_CERT.key)),
  show: (text) => parseChain(text).map(subjectName).join(', '),
  checkTogether: checkPair,
};

export const TLS_KEY: Setting<KeyObject | undefined> = {
  key: 'proxy.tls.key',
  scope: 'shared',
  description: 'private key of the first certificate, in PEM (empty: plain HTTP)',
  defaultText: '',
  secret: true,
  parse: parseKey,
  checkTogether: checkPair,
};
