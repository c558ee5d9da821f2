import { Injectable } from '@nestjs/common';
import { makeDataDirectory } from '../common/files/data-directory.js';
import { DatabaseLocation } from '../database/database-location.js';
import { DATABASE_CONNECTION, EMBEDDED_DATABASE, type EmbeddedChoice } from './database.settings.js';
import { UnitConfigService } from './unit-config.service.js';

/** The location of this unit's database, as `config.yaml` states it when the database is first used. */
@Injectable()
export class UnitDatabaseLocationService implements DatabaseLocation {
  constructor(private readonly unit: UnitConfigService) {}

  get dataDir(): string {
    makeDataDirectory(this.unit.dataDir);
    return this.unit.dataDir;
  }

  get connection(): string | undefined {
    const text = this.unit.read()[DATABASE_CONNECTION.key];
    return text === undefined || text === '' ? undefined : text;
  }

  get embedded(): EmbeddedChoice {
    return EMBEDDED_DATABASE.parse(this.unit.read()[EMBEDDED_DATABASE.key] ?? 'packaged');
  }
}
