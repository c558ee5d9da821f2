import { Module } from '@nestjs/common';
import { BlobsModule } from '../blobs/blobs.module.js';
import { CatalogueModule } from '../catalogue/catalogue.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { DeltaIndex } from './delta-index.service.js';
import { DeltaKeeper } from './delta-keeper.service.js';
import { DeltaMaker } from './delta-maker.service.js';
import { DeltaPlanRepository } from './delta-plan.repository.js';
import { DeltaPlanService } from './delta-plan.service.js';
import { DeltaRowsRepository } from './delta-rows.repository.js';
import { DeltaWorker } from './delta-worker.service.js';
import { DeltasRepository } from './deltas.repository.js';
import { HeldRevisions } from './held-revisions.service.js';

/** Deltas between revisions: which there are, and making them. */
@Module({
  imports: [SettingsModule, BlobsModule, CatalogueModule],
  providers: [
    DeltasRepository,
    DeltaPlanRepository,
    DeltaRowsRepository,
    DeltaIndex,
    HeldRevisions,
    DeltaPlanService,
    DeltaMaker,
    DeltaKeeper,
    DeltaWorker,
  ],
  exports: [DeltaRowsRepository, DeltaIndex, HeldRevisions, DeltaWorker],
})
export class DeltasModule {}
