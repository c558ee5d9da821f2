import { Module } from '@nestjs/common';
import { SettingsModule } from '../settings/settings.module.js';
import { BlobStore } from './blob-store.js';

@Module({ imports: [SettingsModule], providers: [BlobStore], exports: [BlobStore] })
export class BlobsModule {}
