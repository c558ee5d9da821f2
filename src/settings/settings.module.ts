import { Module } from '@nestjs/common';
import { DatabaseLocation } from '../database/database-location.js';
import { DatabaseService } from '../database/database.service.js';
import { Notifications } from '../database/notifications.js';
import { Transactions } from '../database/transactions.js';
import { SecretsKeyring } from '../secrets/secrets-keyring.js';
import { SecretsRepository } from '../secrets/secrets.repository.js';
import { SecretsService } from '../secrets/secrets.service.js';
import { ManagementPassword } from './management-password.service.js';
import { DatabaseMove } from './database-move.service.js';
import { SettingWriter } from './setting-writer.js';
import { SettingsRepository } from './settings.repository.js';
import { SettingsTransferService } from './settings-transfer.service.js';
import { SettingsService } from './settings.service.js';
import { UnitConfig } from './unit-config.js';
import { UnitDatabaseLocation } from './unit-database-location.js';

/** Settings and the database they say the place of: everything else stands on both. */
@Module({
  providers: [
    UnitConfig,
    { provide: DatabaseLocation, useClass: UnitDatabaseLocation },
    DatabaseService,
    Transactions,
    Notifications,
    SecretsKeyring,
    SecretsRepository,
    SecretsService,
    SettingsRepository,
    DatabaseMove,
    SettingWriter,
    SettingsService,
    SettingsTransferService,
    ManagementPassword,
  ],
  exports: [
    UnitConfig,
    DatabaseService,
    Transactions,
    Notifications,
    SecretsKeyring,
    SecretsService,
    SettingsService,
    SettingsTransferService,
    ManagementPassword,
  ],
})
export class SettingsModule {}
