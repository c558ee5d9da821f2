import { Module } from '@nestjs/common';
import { AssertionsModule } from '../assertions/assertions.module.js';
import { BlobsModule } from '../blobs/blobs.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { RegistrationModule } from '../registration/registration.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { SnapsModule } from '../snaps/snaps.module.js';
import { AckService } from './ack.service.js';
import { AirgapSwitchService } from './airgap-switch.service.js';
import { BundleAgeRepository } from './bundle-age.repository.js';
import { ImportService } from './import.service.js';
import { InventoryService } from './inventory.service.js';
import { SnapCommitService } from './snap-commit.service.js';

@Module({
  imports: [SettingsModule, KeysModule, RegistrationModule, AssertionsModule, BlobsModule, SnapsModule],
  providers: [
    AirgapSwitchService,
    AckService,
    BundleAgeRepository,
    SnapCommitService,
    ImportService,
    InventoryService,
  ],
  exports: [AirgapSwitchService, AckService, ImportService, InventoryService],
})
export class AirgapModeModule {}
