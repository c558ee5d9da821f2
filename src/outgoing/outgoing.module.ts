import { Module } from '@nestjs/common';
import { SettingsModule } from '../settings/settings.module.js';
import { OutgoingHttpService } from './outgoing-http.service.js';
import { RetryService } from './retry.service.js';

/** Outgoing connections, for every feature that needs them. */
@Module({
  imports: [SettingsModule],
  providers: [OutgoingHttpService, RetryService],
  exports: [OutgoingHttpService, RetryService],
})
export class OutgoingModule {}
