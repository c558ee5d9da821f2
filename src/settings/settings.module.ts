import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database/database.module.js';
import { SecretsModule } from '../secrets/secrets.module.js';
import { DatabaseMoveService } from './database-move.service.js';
import { SettingWriterService } from './setting-writer.service.js';
import { SettingsTransferService } from './settings-transfer.service.js';
import { SettingsRepository } from './settings.repository.js';
import { SettingsService } from './settings.service.js';
import { UnitModule } from './unit.module.js';

/** The settings. All other modules use them; they use the database and the secrets below them. */
@Module({
  imports: [UnitModule, DatabaseModule, SecretsModule],
  providers: [
    SettingsRepository,
    DatabaseMoveService,
    SettingWriterService,
    SettingsService,
    SettingsTransferService,
  ],
  exports: [UnitModule, DatabaseModule, SecretsModule, SettingsService, SettingsTransferService],
})
export class SettingsModule {}
