import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { LruCache } from '../common/lru-cache.js';
import { Notifications } from '../database/notifications.js';
import { Transactions } from '../database/transactions.js';
import { SettingsService } from '../settings/settings.service.js';
import { AssertionsRepository, type SequencePoint } from './assertions.repository.js';
import type { Assertion, AssertionRef } from './format/assertion.js';
import { assertionType } from './format/registry.js';
import type { AssertionLookup } from './trust/assertion-lookup.js';
import { dependsOn, dependencyMarks } from './trust/dependents.js';
import { checkBatch, type AssertionBatch, type BatchContext, type BatchResult } from './trust/batch.js';
import { TrustedRoots } from './trust/trusted-roots.js';
import { TRUSTED_ASSERTIONS } from './trusted-assertions.setting.js';

const CHANNEL = 'assertion';

/** No format is above this: the largest `integer` of PostgreSQL. */
const ANY_FORMAT = 2_147_483_647;

/** Assertions kept in memory: a few hundred to two thousand bytes each. */
const CACHED_ASSERTIONS = 8_192;

function cacheKey(type: string, primaryKey: readonly string[], maxFormat: number): string {
  return `${type}/${primaryKey.join('/')}?${maxFormat}`;
}

/** What the store holds of signed documents, and whether a new one may be believed. */
@Injectable()
export class AssertionsService implements OnApplicationShutdown {
  private readonly cache = new LruCache<Assertion>(CACHED_ASSERTIONS);
  private roots: Promise<TrustedRoots> | undefined;
  private unsubscribe: (() => void) | undefined;

  constructor(
    private readonly repository: AssertionsRepository,
    private readonly settings: SettingsService,
    private readonly transactions: Transactions,
    private readonly notifications: Notifications,
  ) {
    settings.define(TRUSTED_ASSERTIONS);
  }

  /** Keeps answers in memory until any unit adds assertions: for a server. */
  async watch(): Promise<void> {
    const forget = () => this.cache.clear();
    this.unsubscribe = await this.notifications.subscribe(CHANNEL, forget, forget);
    await this.settings.watch(() => {
      this.roots = undefined;
      this.cache.clear();
    });
  }

  onApplicationShutdown(): void {
    this.unsubscribe?.();
  }

  /**
   * The newest assertion of a key that the asker can read, from the store or among the trusted roots.
   *
   * @param primaryKey - in full, optional keys filled in
   * @param maxFormat - the highest format the asker reads; without it, any
   */
  async find(
    type: string,
    primaryKey: readonly string[],
    maxFormat = ANY_FORMAT,
  ): Promise<Assertion | undefined> {
    const limit = Math.min(maxFormat, assertionType(type)?.maxFormat ?? 0);
    const key = cacheKey(type, primaryKey, limit);
    const cached = this.cache.get(key);
    if (cached) return cached;
    const live = this.notifications.isLive(CHANNEL);
    const generation = this.cache.generation;
    const found =
      (await this.repository.findNewest(type, primaryKey, limit)) ??
      (await this.findRoot(type, primaryKey, limit));
    // Kept only where a later change is sure to be heard of, and none came while this was read.
    if (live && found && generation === this.cache.generation) this.cache.set(key, found);
    return found;
  }

  /** One point of a sequence, such as a validation set's. */
  async findInSequence(
    type: string,
    sequenceKey: readonly string[],
    point: SequencePoint,
    maxFormat = ANY_FORMAT,
  ): Promise<Assertion | undefined> {
    return await this.repository.findInSequence(
      type,
      sequenceKey,
      point,
      Math.min(maxFormat, assertionType(type)?.maxFormat ?? 0),
    );
  }

  async findAllOfType(type: string): Promise<Assertion[]> {
    return await this.repository.findAllOfType(type);
  }

  /** Verifies a batch against itself, what the store holds and the trusted roots; nothing is stored. */
  async verify(batch: AssertionBatch, now = new Date()): Promise<BatchResult> {
    return await batch.verify(await this.batchContext(now));
  }

  /**
   * As {@link verify}, for what was issued before and has a timestamp: keys that have expired since still count.
   * Each assertion must itself be signed rightly, though the store may hold a newer revision.
   */
  async verifyIssued(batch: AssertionBatch): Promise<BatchResult> {
    return await batch.verify(await this.batchContext(undefined));
  }

  /**
   * Stores verified assertions within the caller's transaction; every unit hears of it when that commits.
   *
   * @returns how many were not there yet
   */
  async add(tx: EntityManager, verified: readonly Assertion[]): Promise<number> {
    if (verified.length === 0) return 0;
    const added = await this.repository.add(tx, verified);
    await this.notifications.publish(tx, CHANNEL, '');
    return added;
  }

  /** All revisions of an assertion, the newest first. None is added by anybody until the transaction ends. */
  async lockForRemoval(tx: EntityManager, { type, primaryKey }: AssertionRef): Promise<Assertion[]> {
    await this.repository.lock(tx);
    return await this.repository.findRevisions(tx, type, primaryKey);
  }

  /** The assertions that depend on one: they are signed by it, need it to be believed, or name it. */
  async findDependents(tx: EntityManager, ref: AssertionRef): Promise<Assertion[]> {
    const marks = dependencyMarks(ref);
    if (marks.length === 0) return [];
    return (await this.repository.findHolding(tx, marks)).filter((assertion) => dependsOn(assertion, ref));
  }

  /** Removes every revision of an assertion that nothing depends on; every unit hears of it when that commits. */
  async remove(tx: EntityManager, { type, primaryKey }: AssertionRef): Promise<void> {
    await this.repository.remove(tx, type, primaryKey);
    await this.notifications.publish(tx, CHANNEL, '');
  }

  /**
   * Verifies and stores assertions: all of them or none.
   *
   * @param alongside - what else must happen with it, in the same transaction
   * @returns those that are new to the store
   * @throws StoreError `invalid-assertion` or `conflict` naming the first that cannot be believed, and why
   */
  async addAll(
    assertions: readonly Assertion[],
    alongside?: (tx: EntityManager, verified: readonly Assertion[]) => Promise<unknown>,
  ): Promise<Assertion[]> {
    const verified = await checkBatch(assertions, await this.batchContext(new Date()));
    await this.transactions.run(async (tx) => {
      await this.add(tx, verified);
      await alongside?.(tx, verified);
    });
    return [...verified];
  }

  async trustedRoots(): Promise<TrustedRoots> {
    const reading = (this.roots ??= this.settings
      .get(TRUSTED_ASSERTIONS)
      .then((added) => TrustedRoots.withCanonical(added)));
    reading.catch(() => {
      if (this.roots === reading) this.roots = undefined;
    });
    return await reading;
  }

  private async findRoot(
    type: string,
    primaryKey: readonly string[],
    maxFormat: number,
  ): Promise<Assertion | undefined> {
    const root = (await this.trustedRoots()).find(type, primaryKey);
    return root && root.format <= maxFormat ? root : undefined;
  }

  private async batchContext(now: Date | undefined): Promise<BatchContext> {
    return { roots: await this.trustedRoots(), stored: this.lookup(), now };
  }

  private lookup(): AssertionLookup {
    return {
      find: async (type, primaryKey) => await this.repository.findNewest(type, primaryKey, ANY_FORMAT),
      findAccountKeysNamed: async (accountId, name) =>
        (await this.repository.findAllOfType('account-key')).filter(
          ({ headers }) => headers['account-id'] === accountId && headers['name'] === name,
        ),
    };
  }
}
