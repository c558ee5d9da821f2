import { Module } from '@nestjs/common';
import { BlobsModule } from '../blobs/blobs.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { SnapsModule } from '../snaps/snaps.module.js';
import { DeltaKeeper } from './delta-keeper.service.js';
import { DeltaMaker } from './delta-maker.service.js';
import { DeltaPlanRepository } from './delta-plan.repository.js';
import { DeltaPlanService } from './delta-plan.service.js';
import { DeltaRowsRepository } from './delta-rows.repository.js';
import { DeltaWorker } from './delta-worker.service.js';

@Module({
  imports: [SettingsModule, BlobsModule, SnapsModule],
  providers: [
    DeltaPlanRepository,
    DeltaRowsRepository,
    DeltaPlanService,
    DeltaMaker,
    DeltaKeeper,
    DeltaWorker,
  ],
  exports: [DeltaRowsRepository, DeltaWorker],
})
export class DeltasModule {}
