import { Module } from '@nestjs/common';
import { SettingsModule } from '../settings/settings.module.js';
import { SettingsService } from '../settings/settings.service.js';
import { GATEWAY_HASH } from './gateway-hash.settings.js';
import { ManagementPasswordService } from './management-password.service.js';
import { ManagementGuard } from './management.guard.js';
import { MANAGEMENT_PLAIN_HTTP } from './management.settings.js';

/** Who may manage the store over the network. */
@Module({
  imports: [SettingsModule],
  providers: [ManagementPasswordService, ManagementGuard],
  exports: [ManagementPasswordService, ManagementGuard],
})
export class ManagementModule {
  constructor(settings: SettingsService) {
    for (const setting of [GATEWAY_HASH, MANAGEMENT_PLAIN_HTTP]) settings.define(setting);
  }
}
