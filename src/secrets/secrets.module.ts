import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database/database.module.js';
import { SecretsKeyringService } from './secrets-keyring.service.js';
import { SecretsRepository } from './secrets.repository.js';
import { SecretsService } from './secrets.service.js';

/** The secrets in the database, and the key that wraps them. */
@Module({
  imports: [DatabaseModule],
  providers: [SecretsKeyringService, SecretsRepository, SecretsService],
  exports: [SecretsKeyringService, SecretsService],
})
export class SecretsModule {}
