import { Module } from '@nestjs/common';
import { DatabaseService } from './database.service.js';
import { NotificationsService } from './notifications.service.js';
import { TransactionsService } from './transactions.service.js';

/** The database of this unit. The settings provide its {@link DatabaseLocation} for all modules. */
@Module({
  providers: [DatabaseService, TransactionsService, NotificationsService],
  exports: [DatabaseService, TransactionsService, NotificationsService],
})
export class DatabaseModule {}
