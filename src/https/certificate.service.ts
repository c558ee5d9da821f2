import { Injectable } from '@nestjs/common';
import type { Refuse } from '../common/crypto/pem.js';
import { StoreError } from '../common/errors.js';
import { storeUrl } from '../common/store-url.js';
import { DOMAIN, HTTPS_PORT, unbracketed } from '../settings/server.settings.js';
import { SettingsService } from '../settings/settings.service.js';
import { chainText, keyText, readServerCertificate, type ServerCertificate } from './server-certificate.js';
import { TLS_CERT, TLS_KEY } from './tls.settings.js';

/** Makes the refusal of an import. */
export const refuseImport: Refuse = (why, cause) =>
  new StoreError('invalid-request', `cannot import certificate: ${why}`, { cause });

/** The certificate by which devices know that this is the store they look for. */
@Injectable()
export class CertificateService {
  constructor(private readonly settings: SettingsService) {
    for (const setting of [TLS_CERT, TLS_KEY]) settings.define(setting);
  }

  /**
   * Checks a certificate, its key and its intermediates, and keeps them: a running server uses them at once.
   *
   * @throws StoreError `invalid-request` saying what is wrong; nothing has changed then
   */
  async import(pem: string, now: Date): Promise<ServerCertificate> {
    return await this.keep(readServerCertificate(pem, await this.host(), now, refuseImport));
  }

  /** Makes a certificate for the store's domain that no authority has signed, and keeps it. */
  async makeSelfSigned(now: Date): Promise<ServerCertificate> {
    // Loaded here alone: the other commands start faster without it.
    const { makeSelfSigned } = await import('./self-signed.js');
    return await this.keep(await makeSelfSigned(await this.host(), now));
  }

  /** Where devices find the store once it has a certificate. */
  async url(): Promise<string> {
    return storeUrl('https', await this.settings.get(DOMAIN), await this.settings.get(HTTPS_PORT));
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
