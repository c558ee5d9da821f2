import 'reflect-metadata';
import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { ServerCertificate } from './server-certificate.js';

/** Some vendors' devices reject certificates that are valid for longer. */
export const SELF_SIGNED_DAYS = 825;
const DAY_MS = 86_400_000;
/** Allows for devices whose clock is behind. */
const CLOCK_SKEW_MS = 3_600_000;
/** RFC 5280, upper bound of a common name. */
const MAX_COMMON_NAME = 64;

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/**
 * Generates a key and a self-signed certificate for it.
 *
 * @param host - name or address of the store
 */
export async function makeSelfSigned(host: string, now: Date): Promise<ServerCertificate> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  // Certificates count whole seconds, and the last second is included.
  const notBefore = new Date(Math.floor((now.getTime() - CLOCK_SKEW_MS) / 1_000) * 1_000);
  const made = await X509CertificateGenerator.createSelfSigned({
    // Positive and without a leading zero byte, so that all readers show the same digits.
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    name: [{ CN: [host.length <= MAX_COMMON_NAME ? host : 'snap-store-proxy'] }],
    notBefore,
    notAfter: new Date(notBefore.getTime() + SELF_SIGNED_DAYS * DAY_MS - 1_000),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      // Whoever trusts the certificate trusts only this server, and nothing that its key might sign.
      new BasicConstraintsExtension(false, undefined, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([{ type: isIP(host) === 0 ? 'dns' : 'ip', value: host }]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return {
    chain: [new X509Certificate(Buffer.from(made.rawData))],
    key: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }),
  };
}
