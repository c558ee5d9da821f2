import { Global, Module } from '@nestjs/common';
import { DatabaseLocation } from '../database/database-location.js';
import { UnitConfigService } from './unit-config.service.js';
import { UnitDatabaseLocationService } from './unit-database-location.service.js';

/** What this unit's own file says. For all modules: the database, below the settings, is where this file says. */
@Global()
@Module({
  providers: [UnitConfigService, { provide: DatabaseLocation, useClass: UnitDatabaseLocationService }],
  exports: [UnitConfigService, DatabaseLocation],
})
export class UnitModule {}
