import type { X509Certificate } from 'node:crypto';
import { isIssuedBy, isSelfSigned, readCertificate, subjectName } from '../common/crypto/certificates.js';
import { pemBlocks, type Refuse } from '../common/crypto/pem.js';
import { StoreError } from '../common/errors.js';
import type { Setting } from './setting.js';

/** Four times the size of a distribution's bundle of all public authorities. */
export const MAX_CA_CERTS_BYTES = 1 << 20;

/**
 * Parses CA certificates. Each must be a root, or its issuer must be among them: TLS verifies a chain only up
 * to a self-signed certificate.
 *
 * @throws the error that `refuse` makes, which names the invalid certificate
 */
export function readCaCertificates(text: string, refuse: Refuse): X509Certificate[] {
  if (Buffer.byteLength(text) > MAX_CA_CERTS_BYTES)
    throw refuse(`the input is longer than ${MAX_CA_CERTS_BYTES} bytes`);
  const blocks = pemBlocks(text, refuse);
  const other = blocks.find(({ label }) => label !== 'CERTIFICATE');
  if (other) throw refuse(`there is a ${other.label} in it (give only CA certificates)`);
  const certificates = blocks.map((block, index) => readCertificate(block, index + 1, refuse));
  for (const [index, certificate] of certificates.entries()) {
    if (isSelfSigned(certificate)) continue;
    const name = `certificate ${index + 1} in it (${subjectName(certificate)})`;
    if (!certificate.ca)
      throw refuse(`${name} is not a CA certificate: give the certificate of its issuer instead`);
    if (!certificates.some((issuer) => isIssuedBy(certificate, issuer)))
      throw refuse(`${name} is not self-signed, and its issuer is not among them: add the issuer`);
  }
  return certificates;
}

function parseCaCerts(text: string): string[] {
  if (text === '') return [];
  const refuse = (why: string, cause?: unknown) =>
    new StoreError('invalid-setting', `cannot set ${CA_CERTS.key}: ${why}`, { cause });
  return readCaCertificates(text, refuse).map((certificate) => certificate.toString());
}

/** The CA certificates, in PEM, that outgoing TLS trusts instead of the system's. If empty, the system's. */
export const CA_CERTS: Setting<string[]> = {
  key: 'proxy.ca-certs',
  scope: 'shared',
  description:
    "the only CA certificates, in PEM, that outgoing TLS trusts (set by `use-ca-certs`; empty: the system's)",
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
