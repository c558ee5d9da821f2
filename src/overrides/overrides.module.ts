import { Module } from '@nestjs/common';
import { SettingsModule } from '../settings/settings.module.js';
import { SnapsModule } from '../snaps/snaps.module.js';
import { OverridesRepository } from './overrides.repository.js';
import { OverridesService } from './overrides.service.js';

@Module({
  imports: [SettingsModule, SnapsModule],
  providers: [OverridesRepository, OverridesService],
  exports: [OverridesService],
})
export class OverridesModule {}
