import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { StoreError } from '../common/errors.js';
import { fileTrouble } from '../common/files/file-trouble.js';

/** Where systems keep the certificates of all authorities that they trust: Debian, Fedora, Alpine. */
const SYSTEM_FILES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
];

/**
 * The authorities that a connection trusts: those of Node, those of this system, and those of a file.
 *
 * @param caFile - of `--ca-file`
 * @throws StoreError `invalid-request` if it cannot be read
 */
export async function trustedAuthorities(caFile: string | undefined): Promise<string[]> {
  return [
    ...rootCertificates,
    ...(await ofSystem()),
    ...(caFile === undefined ? [] : [await ofFile(caFile)]),
  ];
}

async function ofSystem(): Promise<string[]> {
  for (const path of [process.env['SSL_CERT_FILE'] ?? '', ...SYSTEM_FILES]) {
    const text = path === '' ? undefined : await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) return [text];
  }
  return [];
}

async function ofFile(path: string): Promise<string> {
  const refuse = (why: string) => new StoreError('invalid-request', `cannot use --ca-file ${path}: ${why}`);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw refuse(fileTrouble(error));
  });
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw refuse('give certificates in PEM');
}
