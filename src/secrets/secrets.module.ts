import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database/database.module.js';
import { SecretsKeyring } from './secrets-keyring.js';
import { SecretsRepository } from './secrets.repository.js';
import { SecretsService } from './secrets.service.js';

/** The secrets in the database, and the key that wraps them. */
@Module({
  imports: [DatabaseModule],
  providers: [SecretsKeyring, SecretsRepository, SecretsService],
  exports: [SecretsKeyring, SecretsService],
})
export class SecretsModule {}
