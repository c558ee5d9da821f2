import { Module } from '@nestjs/common';
import { GroupsModule } from '../groups/groups.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { SnapsModule } from '../snaps/snaps.module.js';
import { OverridesController } from './overrides.controller.js';
import { OverridesRepository } from './overrides.repository.js';
import { OverridesService } from './overrides.service.js';

@Module({
  imports: [SettingsModule, SnapsModule, GroupsModule],
  controllers: [OverridesController],
  providers: [OverridesRepository, OverridesService],
  exports: [OverridesService],
})
export class OverridesModule {}
