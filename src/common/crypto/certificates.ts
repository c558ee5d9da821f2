import { X509Certificate } from 'node:crypto';
import type { PemBlock, Refuse } from './pem.js';

/** The most characters of a name in a certificate that a message shows. */
const MAX_SHOWN_NAME = 120;

/** @throws the error that `refuse` makes, if it is not an X.509 certificate */
export function readCertificate({ pem }: PemBlock, position: number, refuse: Refuse): X509Certificate {
  try {
    const certificate = new X509Certificate(pem);
    // Read here, because an unknown type of key fails, and later uses must not.
    void certificate.publicKey;
    return certificate;
  } catch (error) {
    throw refuse(`certificate ${position} in it cannot be read`, error);
  }
}

function shownName(lines: string | undefined): string {
  const parts = (lines ?? '').split('\n');
  const common = parts.find((part) => part.startsWith('CN='))?.slice('CN='.length);
  const name = (common ?? parts.join(', ')).replaceAll(/\p{Cc}/gu, ' ').trim();
  return name === '' ? 'without a name' : name.slice(0, MAX_SHOWN_NAME);
}

/** The subject of a certificate, in one line: its common name, if it has one. */
export function subjectName(certificate: X509Certificate): string {
  return shownName(certificate.subject);
}

/** The issuer, in one line. */
export function issuerName(certificate: X509Certificate): string {
  return shownName(certificate.issuer);
}

export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

export function isSelfSigned(certificate: X509Certificate): boolean {
  return isIssuedBy(certificate, certificate);
}

export function validFrom(certificate: X509Certificate): Date {
  return new Date(certificate.validFrom);
}

/** The last second at which it is valid. RFC 5280, section 4.1.2.5 */
export function validUntil(certificate: X509Certificate): Date {
  return new Date(certificate.validTo);
}

/** Why a certificate is not valid now, or undefined if it is. */
export function validityProblem(certificate: X509Certificate, now: Date): string | undefined {
  const from = validFrom(certificate);
  const until = validUntil(certificate);
  const clock = `this machine's clock says ${shownDate(now)}`;
  if (now < from) return `is not valid before ${shownDate(from)} (${clock})`;
  // The whole last second is included.
  if (now.getTime() >= until.getTime() + 1_000) return `expired at ${shownDate(until)} (${clock})`;
  return undefined;
}

export function shownDate(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
