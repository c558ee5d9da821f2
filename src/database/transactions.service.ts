import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { failureCode } from './database-failure.js';
import { DatabaseService } from './database.service.js';

const UNIQUE_VIOLATION = '23505';

/**
 * Whether a row was refused because its key exists.
 *
 * @param constraint - only that constraint's; without it, any
 */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (failureCode(error) !== UNIQUE_VIOLATION) return false;
  const { driverError } = error as { driverError?: { constraint?: string } };
  const violated = driverError?.constraint ?? (error as { constraint?: string }).constraint;
  return constraint === undefined || violated === constraint;
}

/** Units of work that happen as a whole or not at all. */
@Injectable()
export class TransactionsService {
  constructor(private readonly database: DatabaseService) {}

  /**
   * Runs work in a transaction: commits what it returns, rolls back what it throws. Only database
   * work belongs in it; it holds locks and a connection for as long as it runs.
   *
   * @throws StoreError `database-unavailable` where the connection was lost; what was asked for then
   *   may have happened in the last moment, so it must be safe to ask again
   */
  async run<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    const dataSource = await this.database.ready();
    return await dataSource.transaction(work);
  }
}
