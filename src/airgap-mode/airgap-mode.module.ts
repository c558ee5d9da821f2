import { Module } from '@nestjs/common';
import { AssertionsModule } from '../assertions/assertions.module.js';
import { BlobsModule } from '../blobs/blobs.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { SnapsModule } from '../snaps/snaps.module.js';
import { AckService } from './ack.service.js';
import { ImportService } from './import.service.js';
import { InventoryService } from './inventory.service.js';

@Module({
  imports: [SettingsModule, AssertionsModule, BlobsModule, SnapsModule],
  providers: [AckService, ImportService, InventoryService],
  exports: [AckService, ImportService, InventoryService],
})
export class AirgapModeModule {}
