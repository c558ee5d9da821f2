import { Module } from '@nestjs/common';
import { SettingsModule } from '../settings/settings.module.js';
import { OidcClientService } from './oidc-client.service.js';
import { OutgoingHttpService } from './outgoing-http.service.js';
import { RetryService } from './retry.service.js';

/** Outgoing connections, for every feature that needs them. */
@Module({
  imports: [SettingsModule],
  providers: [OutgoingHttpService, OidcClientService, RetryService],
  exports: [OutgoingHttpService, OidcClientService, RetryService],
})
export class OutgoingModule {}
