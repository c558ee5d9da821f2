import { Global, Module } from '@nestjs/common';
import { DatabaseLocation } from '../database/database-location.js';
import { UnitConfigService } from './unit-config.service.js';
import { UnitDatabaseLocationService } from './unit-database-location.service.js';

/**
 * The configuration file of this unit. It tells all modules where the database is, which lies below the
 * settings.
 */
@Global()
@Module({
  providers: [UnitConfigService, { provide: DatabaseLocation, useClass: UnitDatabaseLocationService }],
  exports: [UnitConfigService, DatabaseLocation],
})
export class UnitModule {}
