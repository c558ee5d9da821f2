import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { failureCode } from './database-failure.js';
import { DatabaseService } from './database.service.js';

const UNIQUE_VIOLATION = '23505';

/**
 * Whether a row was rejected because its key exists.
 *
 * @param constraint - only violations of this constraint; without it, of any
 */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (failureCode(error) !== UNIQUE_VIOLATION) return false;
  const { driverError } = error as { driverError?: { constraint?: string } };
  const violated = driverError?.constraint ?? (error as { constraint?: string }).constraint;
  return constraint === undefined || violated === constraint;
}

/** Thrown to roll back a transaction. */
class Rehearsal extends Error {
  constructor() {
    super('a rehearsal changes nothing');
  }
}

/** Units of work that happen completely or not at all. */
@Injectable()
export class TransactionsService {
  private readonly last = new WeakMap<EntityManager, (() => Promise<void>)[]>();

  constructor(private readonly database: DatabaseService) {}

  /**
   * Runs work in a transaction: commits when it returns, rolls back when it throws. Put only database work in
   * it, because it holds locks and a connection while it runs.
   *
   * @param options - `dryRun`: rolls back at the end, and returns what the work would have returned
   * @throws StoreError `database-unavailable` if the connection was lost. The work may have been committed in
   *   the last moment, so it must be safe to repeat
   */
  async run<T>(
    work: (tx: EntityManager) => Promise<T>,
    { dryRun = false }: { readonly dryRun?: boolean | undefined } = {},
  ): Promise<T> {
    if (dryRun) return await this.rehearse(work);
    const dataSource = await this.database.ready();
    return await dataSource.transaction(async (tx) => {
      const last: (() => Promise<void>)[] = [];
      this.last.set(tx, last);
      const result = await work(tx);
      for (const each of last) await each();
      return result;
    });
  }

  /**
   * Does work in a transaction after everything else that happens in it, just before it commits: for a lock that
   * everybody needs, which nobody should hold for long, or wait for while holding others.
   *
   * @param tx - one that {@link run} has begun
   */
  atEnd(tx: EntityManager, work: () => Promise<void>): void {
    const last = this.last.get(tx);
    if (!last) throw new Error('atEnd needs a transaction that TransactionsService.run has begun');
    last.push(work);
  }

  private async rehearse<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    let result: { readonly value: T } | undefined;
    try {
      await this.run(async (tx) => {
        result = { value: await work(tx) };
        throw new Rehearsal();
      });
    } catch (error) {
      if (error instanceof Rehearsal && result) return result.value;
      throw error;
    }
    throw new Error('a rehearsal was committed');
  }
}
