import { Module } from '@nestjs/common';
import { SettingsModule } from '../settings/settings.module.js';
import { CertificateService } from './certificate.service.js';
import { TlsDoor } from './tls-door.js';

/** The store's certificate, and the door that uses it. */
@Module({
  imports: [SettingsModule],
  providers: [CertificateService, TlsDoor],
  exports: [CertificateService, TlsDoor],
})
export class HttpsModule {}
