import { Module } from '@nestjs/common';
import { SettingsModule } from '../settings/settings.module.js';
import { BlobRecordsService } from './blob-records.service.js';
import { BlobStoreService } from './blob-store.service.js';
import { BlobsRepository } from './blobs.repository.js';

@Module({
  imports: [SettingsModule],
  providers: [BlobsRepository, BlobRecordsService, BlobStoreService],
  exports: [BlobRecordsService, BlobStoreService],
})
export class BlobsModule {}
