import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import {
  isIssuedBy,
  isSelfSigned,
  readCertificate,
  subjectName,
  validityProblem,
} from '../common/crypto/certificates.js';
import { pemBlocks, privatePem, type PemBlock, type Refuse } from '../common/crypto/pem.js';

/** Ten times the size of a chain of RSA-4096 certificates with its key. */
export const MAX_CERTIFICATE_BYTES = 256 << 10;

/** Go, and therefore snapd, rejects shorter RSA keys in TLS. golang/go: crypto/tls, checkKeySize */
export const MIN_TLS_RSA_BITS = 2_048;
export const MAX_TLS_RSA_BITS = 8_192;
/** The curves that every TLS client supports, by OpenSSL's names: P-256, P-384, P-521. */
const CURVES: readonly (string | undefined)[] = ['prime256v1', 'secp384r1', 'secp521r1'];

/** Parameters that some tools write next to the key. The key contains the same. */
const UNNEEDED = /^(?:EC|DH) PARAMETERS$/;
const PRIVATE_KEY = /^(?:(?:RSA|EC|ENCRYPTED) )?PRIVATE KEY$/;

/** RFC 5280, section 4.2.1.12. */
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const ANY_USAGE = '2.5.29.37.0';

/** The certificates and the key of a TLS server. */
export interface ServerCertificate {
  /** The server's own certificate, followed by the issuer of each certificate in turn, without the root. */
  readonly chain: readonly [X509Certificate, ...X509Certificate[]];
  readonly key: KeyObject;
}

/**
 * Parses the private key of a TLS server: RSA or ECDSA, not encrypted.
 *
 * @throws the error that `refuse` makes
 */
export function readServerKey(pem: string, refuse: Refuse): KeyObject {
  if (pem.includes('BEGIN ENCRYPTED') || pem.includes('Proc-Type: 4,ENCRYPTED'))
    throw refuse('the private key in it is encrypted: decrypt it first (openssl pkey -in KEY -out PLAIN)');
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    throw refuse('the private key in it cannot be read', error);
  }
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') {
    if (modulusLength < MIN_TLS_RSA_BITS || modulusLength > MAX_TLS_RSA_BITS)
      throw refuse(`its RSA key has ${modulusLength} bits: give ${MIN_TLS_RSA_BITS} to ${MAX_TLS_RSA_BITS}`);
  } else if (key.asymmetricKeyType !== 'ec')
    throw refuse(`its key is of type ${key.asymmetricKeyType}: give an RSA or ECDSA key`);
  else if (!CURVES.includes(namedCurve))
    throw refuse(`its ECDSA key is on curve ${namedCurve}: give a key on P-256, P-384 or P-521`);
  return key;
}

function onlyKey(blocks: readonly PemBlock[], refuse: Refuse): KeyObject {
  const keys = blocks.filter(({ label }) => PRIVATE_KEY.test(label));
  const [block] = keys;
  if (!block) throw refuse('there is no private key in it: give the certificate together with its key');
  if (keys.length > 1) throw refuse(`there are ${keys.length} private keys in it: give one`);
  return readServerKey(block.pem, refuse);
}

function onlyLeaf(certificates: readonly X509Certificate[], key: KeyObject, refuse: Refuse): X509Certificate {
  const leaves = certificates.filter((certificate) => certificate.checkPrivateKey(key));
  const [leaf] = leaves;
  if (!leaf) throw refuse('no certificate in it matches the private key in it');
  if (leaves.length > 1)
    throw refuse(`${leaves.length} certificates in it match the private key: give only the one to use`);
  return leaf;
}

function isAuthorityOf(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && isIssuedBy(certificate, issuer);
}

/** The chain from a server's certificate upwards. The certificates may come in any order. */
function chainFrom(
  leaf: X509Certificate,
  others: readonly X509Certificate[],
  refuse: Refuse,
): ServerCertificate['chain'] {
  const chain: [X509Certificate, ...X509Certificate[]] = [leaf];
  const left = new Set(others);
  for (let last = leaf; !isSelfSigned(last);) {
    const issuers = [...left].filter((other) => isAuthorityOf(other, last));
    // If an authority is both self-signed and signed by another one, more devices trust the latter.
    const issuer = issuers.find((one) => !isSelfSigned(one)) ?? issuers[0];
    if (!issuer) break;
    left.delete(issuer);
    if (!isSelfSigned(issuer)) chain.push(issuer);
    last = issuer;
  }
  const stranger = [...left].find((other) => !chain.some((member) => isAuthorityOf(other, member)));
  if (stranger)
    throw refuse(
      `the certificate of ${subjectName(stranger)} in it is not part of the chain of ${subjectName(leaf)}: leave it out`,
    );
  return chain;
}

/** The host names and addresses of a certificate, as a list for messages. */
export function namesOf(certificate: X509Certificate): string[] {
  const names = (certificate.subjectAltName ?? '').split(', ');
  return names.flatMap((name) => /^(?:DNS|IP Address):(.+)$/.exec(name)?.[1] ?? []);
}

/** As in Go: the common name is ignored, and a wildcard stands for one whole label. */
function covers(leaf: X509Certificate, host: string): boolean {
  if (isIP(host) !== 0) return leaf.checkIP(host) !== undefined;
  if (leaf.checkHost(host, { subject: 'never', partialWildcards: false }) !== undefined) return true;
  // OpenSSL requires two labels after the star. Go accepts `*.lan` for `store.lan`.
  const [, parent] = /^[^.]+(\..+)$/.exec(host.toLowerCase()) ?? [];
  return parent !== undefined && namesOf(leaf).some((name) => name.toLowerCase() === `*${parent}`);
}

function checkName(leaf: X509Certificate, host: string, refuse: Refuse): void {
  if (covers(leaf, host)) return;
  const names = namesOf(leaf);
  const isFor = names.length === 0 ? 'names no host (subjectAltName)' : `is for ${names.join(', ')}`;
  const remedy = names.length === 0 ? '' : 'set proxy.domain to one of these names, or ';
  throw refuse(
    `the certificate ${isFor}, but devices look for ${host} (proxy.domain): ${remedy}get a certificate for ${host}`,
  );
}

function checkUsage(leaf: X509Certificate, refuse: Refuse): void {
  // Node's types omit that this is undefined if the certificate has no such extension.
  const usages = leaf.keyUsage as readonly string[] | undefined;
  if (usages && !usages.includes(SERVER_AUTH) && !usages.includes(ANY_USAGE))
    throw refuse('the certificate is not for TLS servers (extended key usage)');
}

/**
 * Parses the input of a TLS server: its certificate, the private key, and the certificates between it and a
 * root, in any order.
 *
 * @param host - the name or address by which devices reach the store
 * @param now - the time at which the certificates must be valid
 * @throws the error that `refuse` makes, which names the problem
 */
export function readServerCertificate(
  text: string,
  host: string,
  now: Date,
  refuse: Refuse,
): ServerCertificate {
  if (Buffer.byteLength(text) > MAX_CERTIFICATE_BYTES)
    throw refuse(`the input is longer than ${MAX_CERTIFICATE_BYTES} bytes`);
  const blocks = pemBlocks(text, refuse).filter(({ label }) => !UNNEEDED.test(label));
  const other = blocks.find(({ label }) => label !== 'CERTIFICATE' && !PRIVATE_KEY.test(label));
  if (other) throw refuse(`there is a ${other.label} in it: give only certificates and their private key`);
  const certificates = blocks
    .filter(({ label }) => label === 'CERTIFICATE')
    .map((block, index) => readCertificate(block, index + 1, refuse));
  if (certificates.length === 0) throw refuse('there is no certificate in it');
  const key = onlyKey(blocks, refuse);
  const unique = [...new Map(certificates.map((one) => [one.fingerprint512, one])).values()];
  const leaf = onlyLeaf(unique, key, refuse);
  const chain = chainFrom(
    leaf,
    unique.filter((one) => one !== leaf),
    refuse,
  );
  for (const certificate of chain) {
    const problem = validityProblem(certificate, now);
    if (problem !== undefined) throw refuse(`the certificate of ${subjectName(certificate)} ${problem}`);
  }
  checkName(leaf, host, refuse);
  checkUsage(leaf, refuse);
  checkUsable({ chain, key }, refuse);
  return { chain, key };
}

/** What OpenSSL would reject when the server starts: a weak digest, or a short key of an issuer. */
function checkUsable(certificate: ServerCertificate, refuse: Refuse): void {
  try {
    createSecureContext({ cert: chainText(certificate), key: keyText(certificate) });
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error), error);
  }
}

export function chainText({ chain }: ServerCertificate): string {
  return chain.map((certificate) => certificate.toString()).join('');
}

export function keyText({ key }: ServerCertificate): string {
  return privatePem(key);
}
