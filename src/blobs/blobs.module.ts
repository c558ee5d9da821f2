import { Module } from '@nestjs/common';
import { SettingsModule } from '../settings/settings.module.js';
import { BlobRecordsService } from './blob-records.service.js';
import { BlobStoreService } from './blob-store.service.js';
import { BlobsRepository } from './blobs.repository.js';
import { UploadFilesService } from './upload-files.service.js';

@Module({
  imports: [SettingsModule],
  providers: [BlobsRepository, BlobRecordsService, BlobStoreService, UploadFilesService],
  exports: [BlobRecordsService, BlobStoreService, UploadFilesService],
})
export class BlobsModule {}
