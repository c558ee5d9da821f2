import { Module } from '@nestjs/common';
import { ManagementModule } from '../management/management.module.js';
import { RegistrationModule } from '../registration/registration.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { AirgapSwitchService } from './airgap-switch.service.js';

/** The switch to air-gapped mode. */
@Module({
  imports: [SettingsModule, ManagementModule, RegistrationModule],
  providers: [AirgapSwitchService],
  exports: [AirgapSwitchService],
})
export class AirgapModeModule {}
