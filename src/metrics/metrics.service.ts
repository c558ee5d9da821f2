import { Injectable } from '@nestjs/common';
import { Registry, type OpenMetricsContentType } from 'prom-client';
import { StoreError } from '../common/errors.js';
import { diskSpace } from '../common/files/disk-space.js';
import { DatabaseService } from '../database/database.service.js';
import { DownloadsService } from '../device-api/downloads/downloads.service.js';
import { RefreshFiguresService } from '../device-api/refresh/refresh-figures.service.js';
import { PushJobsService } from '../imports/jobs/push-jobs.service.js';
import { UnitConfigService } from '../settings/unit-config.service.js';
import { by, counter, Family, gauge, one, type FamilySource } from './family.js';
import { KeptFigures } from './kept-figures.js';
import { processFamilies } from './process-families.js';
import { storeFamilies } from './store-families.js';
import { StoreFiguresService } from './store-figures.service.js';
import { trafficFamilies, type Traffic } from './traffic-families.js';

/** Everything that can be watched, as OpenMetrics. */
@Injectable()
export class MetricsService {
  private readonly registry = new Registry<OpenMetricsContentType>();
  private readonly kept: KeptFigures<Awaited<ReturnType<StoreFiguresService['read']>>>;
  private isOn = false;

  constructor(
    store: StoreFiguresService,
    private readonly database: DatabaseService,
    private readonly unit: UnitConfigService,
    private readonly refresh: RefreshFiguresService,
    private readonly downloads: DownloadsService,
    private readonly jobs: PushJobsService,
  ) {
    this.registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    this.kept = new KeptFigures(() => store.read());
  }

  get mediaType(): string {
    return this.registry.contentType;
  }

  /** From now on there are metrics. Called once, by a server. */
  serve(traffic: Traffic): void {
    this.isOn = true;
    const sources = [
      ...trafficFamilies(traffic, this.refresh, this.downloads),
      ...storeFamilies(async () => await this.kept.get()),
      ...this.unitFamilies(),
      ...processFamilies(),
    ];
    for (const source of sources) this.registry.registerMetric(new Family(source));
  }

  /** @throws StoreError `not-found` if they are switched off */
  async text(): Promise<string> {
    if (!this.isOn) throw new StoreError('not-found', 'there are no metrics: proxy.metrics.enabled is false');
    return await this.registry.metrics();
  }

  private unitFamilies(): FamilySource[] {
    const disk = async () => await diskSpace(this.unit.dataDir);
    return [
      gauge('disk_free_bytes', 'Free space for snap files.', async () => one((await disk())?.freeBytes)),
      gauge('disk_size_bytes', 'Size of the file system with the snap files.', async () =>
        one((await disk())?.totalBytes),
      ),
      counter('jobs_ended', 'Imports over the network that ended on this unit, by outcome.', () =>
        by('outcome', this.jobs.ended),
      ),
      gauge('database_up', 'Whether the database could be read the last time.', async () => {
        await this.kept.get();
        return one(this.kept.isWorking ? 1 : 0);
      }),
      gauge('database_connections', 'Connections of the pool to the database.', async () => {
        const pool = await this.database.poolFigures();
        return pool ? by('state', { idle: pool.idle, used: pool.total - pool.idle }) : [];
      }),
      gauge('database_waiting', 'Requests that wait for a connection to the database.', async () =>
        one((await this.database.poolFigures())?.waiting),
      ),
    ];
  }
}
