import { Global, Module } from '@nestjs/common';
import { DatabaseLocation } from '../database/database-location.js';
import { UnitConfig } from './unit-config.js';
import { UnitDatabaseLocation } from './unit-database-location.js';

/** What this unit's own file says. For all modules: the database, below the settings, is where this file says. */
@Global()
@Module({
  providers: [UnitConfig, { provide: DatabaseLocation, useClass: UnitDatabaseLocation }],
  exports: [UnitConfig, DatabaseLocation],
})
export class UnitModule {}
