import { Module } from '@nestjs/common';
import { AssertionsModule } from '../assertions/assertions.module.js';
import { BlobsModule } from '../blobs/blobs.module.js';
import { BrandStoresModule } from '../brand-stores/brand-stores.module.js';
import { CatalogueModule } from '../catalogue/catalogue.module.js';
import { DeltasModule } from '../deltas/deltas.module.js';
import { DevicesModule } from '../devices/devices.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { ManagementModule } from '../management/management.module.js';
import { RegistrationModule } from '../registration/registration.module.js';
import { ReleasesModule } from '../releases/releases.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { SettingsService } from '../settings/settings.service.js';
import { AckService } from './ack.service.js';
import { BundleAgeRepository } from './bundle-age.repository.js';
import { ComponentCommitService } from './component-commit.service.js';
import { ImportBatchService } from './import-batch.service.js';
import { ImportCommitService } from './import-commit.service.js';
import { ImportService } from './import.service.js';
import { InventoryService } from './inventory.service.js';
import { PushJobRunnerService } from './jobs/push-job-runner.service.js';
import { PushJobWatchersService } from './jobs/push-job-watchers.service.js';
import { PushJobsRepository } from './jobs/push-jobs.repository.js';
import { PushJobsService } from './jobs/push-jobs.service.js';
import { PushRunService } from './jobs/push-run.service.js';
import { ListingCommitService } from './listing-commit.service.js';
import { MissingSnapsService } from './missing-snaps.service.js';
import { RemoveAssertionService } from './remove-assertion.service.js';
import { SnapCommitService } from './snap-commit.service.js';
import { SnapOverviewService } from './snap-overview.service.js';
import { StoreClaimService } from './store-claim.service.js';
import { ExpiredUploadsService } from './uploads/expired-uploads.service.js';
import { UploadsRepository } from './uploads/uploads.repository.js';
import { UploadsService } from './uploads/uploads.service.js';
import { UPLOADS_QUOTA, UPLOADS_QUOTA_PER_PRINCIPAL } from './uploads/uploads.settings.js';

/** Imports files into the store: verified, and completely or not at all. */
@Module({
  imports: [
    SettingsModule,
    ManagementModule,
    KeysModule,
    ManagementModule,
    RegistrationModule,
    AssertionsModule,
    BrandStoresModule,
    BlobsModule,
    CatalogueModule,
    DeltasModule,
    DevicesModule,
    ReleasesModule,
  ],
  providers: [
    AckService,
    BundleAgeRepository,
    ComponentCommitService,
    ListingCommitService,
    SnapCommitService,
    SnapOverviewService,
    StoreClaimService,
    ImportBatchService,
    ImportCommitService,
    ImportService,
    InventoryService,
    MissingSnapsService,
    RemoveAssertionService,
    UploadsRepository,
    UploadsService,
    ExpiredUploadsService,
    PushJobsRepository,
    PushJobsService,
    PushRunService,
    PushJobRunnerService,
    PushJobWatchersService,
  ],
  exports: [
    AckService,
    ImportBatchService,
    ImportService,
    InventoryService,
    MissingSnapsService,
    RemoveAssertionService,
    SnapOverviewService,
    UploadsService,
    ExpiredUploadsService,
    PushJobsService,
    PushJobRunnerService,
    PushJobWatchersService,
  ],
})
export class ImportsModule {
  constructor(settings: SettingsService) {
    for (const setting of [UPLOADS_QUOTA, UPLOADS_QUOTA_PER_PRINCIPAL]) settings.define(setting);
  }
}
