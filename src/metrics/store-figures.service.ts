import { Injectable } from '@nestjs/common';
import { AssertionOverviewService } from '../assertions/assertion-overview.service.js';
import { BlobRecordsService } from '../blobs/blob-records.service.js';
import { HoldingsService } from '../catalogue/holdings.service.js';
import { DeltasService } from '../deltas/deltas.service.js';
import { DevicesService } from '../devices/devices.service.js';
import { CertificateService } from '../https/certificate.service.js';
import { PushJobsService } from '../imports/jobs/push-jobs.service.js';

/** The most account-keys that are shown: those that expire first. */
export const MAX_SHOWN_KEYS = 50;

/** What only the database knows. All units of a store have the same. */
export type StoreFigures = Awaited<ReturnType<StoreFiguresService['read']>>;

/** Asks the modules for their figures. */
@Injectable()
export class StoreFiguresService {
  constructor(
    private readonly holdings: HoldingsService,
    private readonly assertions: AssertionOverviewService,
    private readonly blobs: BlobRecordsService,
    private readonly deltas: DeltasService,
    private readonly devices: DevicesService,
    private readonly certificates: CertificateService,
    private readonly jobs: PushJobsService,
  ) {}

  /** @throws StoreError `database-unavailable` */
  async read() {
    // One after the other: a scrape takes one connection of the pool, not all.
    return {
      holdings: await this.holdings.count(),
      assertions: await this.assertions.count(),
      blobBytes: await this.blobs.totalBytes(),
      deltas: await this.deltas.countReady(),
      devices: await this.devices.count(),
      jobs: await this.jobs.countByState(),
      certificateEnd: await this.certificates.findEnd(),
      accountKeys: await this.assertions.endingAccountKeys(MAX_SHOWN_KEYS),
    };
  }
}
