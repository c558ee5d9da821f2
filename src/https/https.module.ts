import { Module } from '@nestjs/common';
import { SettingsModule } from '../settings/settings.module.js';
import { CertificateService } from './certificate.service.js';
import { ManagementDoorService } from './management-door.service.js';
import { TlsDoorService } from './tls-door.service.js';

/** The store's certificate, and the HTTPS port that uses it. */
@Module({
  imports: [SettingsModule],
  providers: [CertificateService, TlsDoorService, ManagementDoorService],
  exports: [CertificateService, TlsDoorService, ManagementDoorService],
})
export class HttpsModule {}
