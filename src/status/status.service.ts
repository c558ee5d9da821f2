import { Injectable } from '@nestjs/common';
import { StoreError } from '../common/errors.js';
import { SettingsService } from '../settings/settings.service.js';
import { UnitConfig } from '../settings/unit-config.js';
import { StatusRepository, type StoreCounts } from './status.repository.js';

export interface Status {
  readonly dataDirectory: string;
  /** `ok`, or why the database cannot be used. */
  readonly database: string;
  readonly storeId: string | undefined;
  readonly storeUrl: string | undefined;
  readonly counts: StoreCounts | undefined;
}

/** How the store is, for people and for load balancers. */
@Injectable()
export class StatusService {
  constructor(
    private readonly settings: SettingsService,
    private readonly unit: UnitConfig,
    private readonly repository: StatusRepository,
  ) {}

  async get(): Promise<Status> {
    const dataDirectory = this.unit.dataDir;
    try {
      const counts = await this.repository.counts();
      const storeId = await this.settings.getText('internal.store.id');
      const storeUrl = await this.settings.getText('internal.store.url');
      return { dataDirectory, database: 'ok', storeId, storeUrl, counts };
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'database-unavailable') throw error;
      return {
        dataDirectory,
        database: error.message,
        storeId: undefined,
        storeUrl: undefined,
        counts: undefined,
      };
    }
  }

  /** @throws StoreError where the store cannot serve devices now */
  async check(): Promise<void> {
    await this.repository.ping();
  }
}
