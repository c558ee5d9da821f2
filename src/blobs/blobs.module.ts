import { Module } from '@nestjs/common';
import { SettingsModule } from '../settings/settings.module.js';
import { BlobStoreService } from './blob-store.service.js';

@Module({ imports: [SettingsModule], providers: [BlobStoreService], exports: [BlobStoreService] })
export class BlobsModule {}
