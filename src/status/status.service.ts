import { access, constants } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { AssertionOverviewService } from '../assertions/assertion-overview.service.js';
import { BlobRecordsService } from '../blobs/blob-records.service.js';
import { HoldingsService } from '../catalogue/holdings.service.js';
import { StoreError } from '../common/errors.js';
import { diskSpace } from '../common/files/disk-space.js';
import { findProgram } from '../common/files/find-program.js';
import { findOwnProgram } from '../common/files/program.js';
import { DatabaseService, type DatabaseOrigin } from '../database/database.service.js';
import { DELTAS_ENABLED } from '../deltas/delta.settings.js';
import { DeltasService } from '../deltas/deltas.service.js';
import { XDELTA3 } from '../deltas/xdelta3.js';
import { CertificateService } from '../https/certificate.service.js';
import { ManagementDoorService } from '../https/management-door.service.js';
import { TLS_CERT } from '../https/tls.settings.js';
import { BUNDLE_REQUIRE_SIGNATURE } from '../keys/key.settings.js';
import { MANAGEMENT_PLAIN_HTTP } from '../management/management.settings.js';
import { STORE_ID, STORE_URL } from '../settings/identity.settings.js';
import { AIRGAP } from '../settings/mode.settings.js';
import { HTTP_PORT, HTTPS_PORT, LISTEN_ADDRESS } from '../settings/server.settings.js';
import { SettingsService } from '../settings/settings.service.js';
import { UnitConfigService } from '../settings/unit-config.service.js';
import { askService } from './ask-service.js';
import type { Imported, StoreCounts } from './store-counts.js';

export type Mode = 'online' | 'air-gapped';

/** The values in the database, if it can be reached. */
interface Stored {
  readonly storeId: string | undefined;
  readonly storeUrl: string | undefined;
  readonly mode: Mode;
  readonly counts: StoreCounts;
  readonly imported: Imported;
  /** The port that serves devices over TLS; undefined without a certificate. */
  readonly httpsPort: number | undefined;
  /** Why this unit makes no deltas; undefined if it makes them. */
  readonly noDeltas: string | undefined;
  /** Whether the management password is accepted over plain HTTP from other machines. */
  readonly managementInClear: boolean;
  /** Whether archives must be signed by a trusted key. */
  readonly needsSignature: boolean;
  /** When the store's certificate expires; undefined without one. */
  readonly certificateUntil?: Date | undefined;
  /** The server that holds the database. */
  readonly server?: DatabaseOrigin;
}

export interface ServiceStatus {
  readonly name: 'http' | 'https' | 'management' | 'database';
  /** Why it does not run; undefined if it runs. */
  readonly reason: string | undefined;
}

export interface Status {
  readonly dataDirectory: string;
  /** Free space for snap files, in bytes; undefined if nothing is stored yet. */
  readonly freeBytes: number | undefined;
  /** `ok`, or why the database cannot be used. */
  readonly database: string;
  readonly stored: Stored | undefined;
  readonly services: readonly ServiceStatus[];
  /** The version of this program, if it is known. */
  readonly version?: string | undefined;
}

/** The state of this store, for people and for load balancers. */
@Injectable()
export class StatusService {
  private checking: Promise<void> | undefined;
  private checkingFiles: Promise<void> | undefined;

  constructor(
    private readonly settings: SettingsService,
    private readonly unit: UnitConfigService,
    private readonly database: DatabaseService,
    private readonly assertions: AssertionOverviewService,
    private readonly blobs: BlobRecordsService,
    private readonly holdings: HoldingsService,
    private readonly deltas: DeltasService,
    private readonly certificates: CertificateService,
    private readonly managementDoor: ManagementDoorService,
  ) {}

  async get(): Promise<Status> {
    const { database, stored } = await this.askDatabase();
    const dataDirectory = this.unit.dataDir;
    return {
      dataDirectory,
      freeBytes: (await diskSpace(dataDirectory))?.freeBytes,
      database,
      stored,
      services: [
        ...(await this.askServers(stored?.httpsPort)),
        ...(await this.askManagement(stored?.httpsPort !== undefined)),
        { name: 'database', reason: database === 'ok' ? undefined : database },
      ],
      version: findOwnProgram()?.version,
    };
  }

  /**
   * Calls at the same time share one query to the database.
   *
   * @throws StoreError if the store cannot serve devices now
   */
  async check(): Promise<void> {
    this.checking ??= this.database.ping().finally(() => (this.checking = undefined));
    await this.checking;
  }

  /** As {@link check}, calls at the same time share one look. @throws StoreError `storage-failed` where the data directory cannot be read */
  async checkFiles(): Promise<void> {
    this.checkingFiles ??= this.readFiles().finally(() => (this.checkingFiles = undefined));
    await this.checkingFiles;
  }

  private async readFiles(): Promise<void> {
    await access(this.unit.dataDir, constants.R_OK | constants.X_OK).catch((cause: unknown) => {
      throw new StoreError(
        'storage-failed',
        `cannot read ${this.unit.dataDir}: ${(cause as Error).message}`,
        { cause },
      );
    });
  }

  private async askDatabase(): Promise<{ database: string; stored: Stored | undefined }> {
    try {
      return { database: 'ok', stored: await this.readStored() };
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.code === 'not-configured')
        return { database: `not configured (${error.message})`, stored: undefined };
      if (error.code === 'database-unavailable' || error.code === 'unsupported')
        return { database: error.message, stored: undefined };
      throw error;
    }
  }

  private async readStored(): Promise<Stored> {
    const { settings } = this;
    return {
      counts: await this.counts(),
      imported: await this.imported(),
      storeId: await settings.getText(STORE_ID.key),
      storeUrl: await settings.getText(STORE_URL.key),
      mode: (await settings.get(AIRGAP)) ? 'air-gapped' : 'online',
      httpsPort: await this.httpsPort(),
      noDeltas: await this.whyNoDeltas(),
      managementInClear: await settings.get(MANAGEMENT_PLAIN_HTTP),
      needsSignature: await settings.get(BUNDLE_REQUIRE_SIGNATURE),
      certificateUntil: await this.certificates.findEnd(),
      server: await this.database.origin(),
    };
  }

  private async counts(): Promise<StoreCounts> {
    return {
      ...(await this.holdings.count()),
      ...(await this.deltas.countReady()),
      assertions: await this.assertions.count(),
      blobBytes: await this.blobs.totalBytes(),
    };
  }

  private async imported(): Promise<Imported> {
    return { stores: await this.assertions.storeIds(), accountKeys: await this.assertions.accountKeys() };
  }

  private async httpsPort(): Promise<number | undefined> {
    const certificate = (await this.settings.getText(TLS_CERT.key)) ?? '';
    return certificate === '' ? undefined : await this.settings.get(HTTPS_PORT);
  }

  private async whyNoDeltas(): Promise<string | undefined> {
    if (!(await this.settings.get(DELTAS_ENABLED))) return `${DELTAS_ENABLED.key} is false`;
    return (await findProgram(XDELTA3)) === undefined ? `the program ${XDELTA3} is not installed` : undefined;
  }

  private async askServers(httpsPort: number | undefined): Promise<ServiceStatus[]> {
    const address = await this.settings.get(LISTEN_ADDRESS);
    const port = await this.settings.get(HTTP_PORT);
    const http = await askService({ scheme: 'http', address, port });
    if (httpsPort === undefined) return [{ name: 'http', reason: http }];
    const https = await askService({ scheme: 'https', address, port: httpsPort });
    return [
      { name: 'http', reason: http },
      { name: 'https', reason: https },
    ];
  }

  /** Management, if it has a listener of its own. */
  private async askManagement(isTls: boolean): Promise<ServiceStatus[]> {
    try {
      const place = await this.managementDoor.findPlace();
      if (!place) return [];
      const { host: address, port } = place;
      const reason = await askService({ scheme: isTls ? 'https' : 'http', address, port });
      return [{ name: 'management', reason }];
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return [{ name: 'management', reason: error.message }];
    }
  }
}
