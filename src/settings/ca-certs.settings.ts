import type { X509Certificate } from 'node:crypto';
import { isIssuedBy, isSelfSigned, readCertificate, subjectName } from '../common/crypto/certificates.js';
import { pemBlocks, type Refuse } from '../common/crypto/pem.js';
import { StoreError } from '../common/errors.js';
import type { Setting } from './setting.js';

/** A distribution's bundle of all public authorities has a quarter of this. */
export const MAX_CA_CERTS_BYTES = 1 << 20;

/**
 * Reads the certificates of authorities. Each must be a root, or have its issuer among them: TLS believes a
 * chain only up to a certificate that signed itself.
 *
 * @throws what `refuse` makes, saying which certificate is wrong
 */
export function readCaCertificates(text: string, refuse: Refuse): X509Certificate[] {
  if (Buffer.byteLength(text) > MAX_CA_CERTS_BYTES)
    throw refuse(`the input is longer than ${MAX_CA_CERTS_BYTES} bytes`);
  const blocks = pemBlocks(text, refuse);
  const other = blocks.find(({ label }) => label !== 'CERTIFICATE');
  if (other) throw refuse(`there is a ${other.label} in it (give the certificates of authorities alone)`);
  const certificates = blocks.map((block, index) => readCertificate(block, index + 1, refuse));
  for (const [index, certificate] of certificates.entries()) {
    if (isSelfSigned(certificate)) continue;
    const name = `certificate ${index + 1} in it (${subjectName(certificate)})`;
    if (!certificate.ca) throw refuse(`${name} is not an authority's: give that of its issuer instead`);
    if (!certificates.some((issuer) => isIssuedBy(certificate, issuer)))
      throw refuse(`${name} did not sign itself, and its issuer is not among them: add that`);
  }
  return certificates;
}

function parseCaCerts(text: string): string[] {
  if (text === '') return [];
  const refuse = (why: string, cause?: unknown) =>
    new StoreError('invalid-setting', `cannot set ${CA_CERTS.key}: ${why}`, { cause });
  return readCaCertificates(text, refuse).map((certificate) => certificate.toString());
}

/** What outgoing TLS trusts instead of the system's authorities, each in PEM; none: the system's. */
export const CA_CERTS: Setting<string[]> = {
  key: 'proxy.ca-certs',
  scope: 'shared',
  description: 'certificates in PEM that outgoing TLS trusts, and no others (set by `use-ca-certs`)',
  defaultText: '',
  parse: parseCaCerts,
  show: (text) => {
    const count = pemCount(text);
    return count === 0 ? '' : `${count} ${count === 1 ? 'certificate' : 'certificates'}`;
  },
};

function pemCount(text: string): number {
  return text.split('-----BEGIN CERTIFICATE-----').length - 1;
}
