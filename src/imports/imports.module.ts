import { Module } from '@nestjs/common';
import { AssertionsModule } from '../assertions/assertions.module.js';
import { BlobsModule } from '../blobs/blobs.module.js';
import { BrandStoresModule } from '../brand-stores/brand-stores.module.js';
import { CatalogueModule } from '../catalogue/catalogue.module.js';
import { DeltasModule } from '../deltas/deltas.module.js';
import { DevicesModule } from '../devices/devices.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { RegistrationModule } from '../registration/registration.module.js';
import { ReleasesModule } from '../releases/releases.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { AckService } from './ack.service.js';
import { BundleAgeRepository } from './bundle-age.repository.js';
import { ComponentCommitService } from './component-commit.service.js';
import { ImportBatchService } from './import-batch.service.js';
import { ImportCommitService } from './import-commit.service.js';
import { ImportService } from './import.service.js';
import { InventoryService } from './inventory.service.js';
import { ListingCommitService } from './listing-commit.service.js';
import { MissingSnapsService } from './missing-snaps.service.js';
import { RemoveAssertionService } from './remove-assertion.service.js';
import { SnapCommitService } from './snap-commit.service.js';
import { SnapOverviewService } from './snap-overview.service.js';
import { StoreClaimService } from './store-claim.service.js';

/** Imports files into the store: verified, and completely or not at all. */
@Module({
  imports: [
    SettingsModule,
    KeysModule,
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
  ],
  exports: [
    AckService,
    ImportBatchService,
    ImportService,
    InventoryService,
    MissingSnapsService,
    RemoveAssertionService,
    SnapOverviewService,
  ],
})
export class ImportsModule {}
