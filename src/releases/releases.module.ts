import { Module } from '@nestjs/common';
import { CatalogueModule } from '../catalogue/catalogue.module.js';
import { GroupsModule } from '../groups/groups.module.js';
import { ManagementModule } from '../management/management.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { ChannelMovesService } from './channel-moves.service.js';
import { DefaultTrackService } from './default-track.service.js';
import { OverridesController } from './overrides/overrides.controller.js';
import { OverridesGate } from './overrides/overrides.gate.js';
import { OverridesService } from './overrides/overrides.service.js';
import { ReleasesService } from './releases.service.js';

/** The releases of channels, and the overrides for devices. */
@Module({
  imports: [SettingsModule, CatalogueModule, GroupsModule, ManagementModule],
  controllers: [OverridesController],
  providers: [ChannelMovesService, ReleasesService, DefaultTrackService, OverridesService, OverridesGate],
  exports: [ReleasesService, DefaultTrackService, OverridesService, OverridesGate],
})
export class ReleasesModule {}
