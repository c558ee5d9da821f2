import { X509Certificate } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { validUntil } from '../common/crypto/certificates.js';
import type { Refuse } from '../common/crypto/pem.js';
import { StoreError } from '../common/errors.js';
import { storeUrl } from '../common/http/store-url.js';
import { DOMAIN, HTTPS_PORT, unbracketed } from '../settings/server.settings.js';
import { SettingsService } from '../settings/settings.service.js';
import { chainText, keyText, readServerCertificate, type ServerCertificate } from './server-certificate.js';
import { TLS_CERT, TLS_KEY } from './tls.settings.js';

/** The error of a failed import. */
export const refuseImport: Refuse = (why, cause) =>
  new StoreError('invalid-request', `cannot import certificate: ${why}`, { cause });

/** The certificate with which the store authenticates to devices. */
@Injectable()
export class CertificateService {
  constructor(private readonly settings: SettingsService) {
    for (const setting of [TLS_CERT, TLS_KEY]) settings.define(setting);
  }

  /**
   * Checks a certificate, its key and its intermediate certificates, and stores them. A running server uses
   * them at once.
   *
   * @throws StoreError `invalid-request` naming the problem; nothing has changed then
   */
  async import(pem: string, now: Date): Promise<ServerCertificate> {
    return await this.keep(readServerCertificate(pem, await this.host(), now, refuseImport));
  }

  /** Generates a self-signed certificate for the store's domain, and stores it. */
  async makeSelfSigned(now: Date): Promise<ServerCertificate> {
    // Loaded only here, so that other commands start faster.
    const { makeSelfSigned } = await import('./self-signed.js');
    return await this.keep(await makeSelfSigned(await this.host(), now));
  }

  /** The URL of the store for devices, if it has a certificate. */
  async url(): Promise<string> {
    return storeUrl('https', await this.settings.get(DOMAIN), await this.settings.get(HTTPS_PORT));
  }

  /** When the certificate expires; undefined without one. */
  async findEnd(): Promise<Date | undefined> {
    const chain = (await this.settings.getText(TLS_CERT.key)) ?? '';
    // The store's own certificate is the first.
    return chain === '' ? undefined : validUntil(new X509Certificate(chain));
  }

  private async host(): Promise<string> {
    return unbracketed(await this.settings.get(DOMAIN));
  }

  private async keep(certificate: ServerCertificate): Promise<ServerCertificate> {
    await this.settings.set([
      [TLS_CERT.key, chainText(certificate)],
      [TLS_KEY.key, keyText(certificate)],
    ]);
    return certificate;
  }
}
