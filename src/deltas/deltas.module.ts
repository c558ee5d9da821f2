import { Module } from '@nestjs/common';
import { BlobsModule } from '../blobs/blobs.module.js';
import { CatalogueModule } from '../catalogue/catalogue.module.js';
import { DevicesModule } from '../devices/devices.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { DeltaIndexService } from './delta-index.service.js';
import { DeltaKeeperService } from './delta-keeper.service.js';
import { DeltaMakerService } from './delta-maker.service.js';
import { DeltaPlanService } from './delta-plan.service.js';
import { DeltaWorkerService } from './delta-worker.service.js';
import { DeltasRepository } from './deltas.repository.js';
import { DeltasService } from './deltas.service.js';
import { HeldRevisionsService } from './held-revisions.service.js';

/** Deltas between revisions: their list, and making them. */
@Module({
  imports: [SettingsModule, BlobsModule, CatalogueModule, DevicesModule],
  providers: [
    DeltasRepository,
    DeltasService,
    DeltaIndexService,
    HeldRevisionsService,
    DeltaPlanService,
    DeltaMakerService,
    DeltaKeeperService,
    DeltaWorkerService,
  ],
  exports: [DeltasService, DeltaIndexService, HeldRevisionsService, DeltaWorkerService],
})
export class DeltasModule {}
