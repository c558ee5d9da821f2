import { Module } from '@nestjs/common';
import { DatabaseService } from './database.service.js';
import { Notifications } from './notifications.js';
import { Transactions } from './transactions.js';

/** The database of this unit. Where it is, a {@link DatabaseLocation} says, which the settings provide for all. */
@Module({
  providers: [DatabaseService, Transactions, Notifications],
  exports: [DatabaseService, Transactions, Notifications],
})
export class DatabaseModule {}
