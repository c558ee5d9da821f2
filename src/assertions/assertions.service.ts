import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { MAX_INTEGER } from '../common/domain/words.js';
import { NotificationsService } from '../database/notifications.service.js';
import { TransactionsService } from '../database/transactions.service.js';
import { Watches, type Watcher } from '../database/watcher.js';
import { SettingsService } from '../settings/settings.service.js';
import {
  AssertionMemory,
  changeText,
  isAskable,
  readableFormat,
  type AssertionHead,
  type WantedAssertion,
} from './assertion-memory.js';
import type { AssertionPlace, SequencePoint } from './assertion-place.js';
import { AssertionsRepository } from './assertions.repository.js';
import type { Assertion, AssertionRef } from './format/assertion.js';
import { assertionType } from './format/registry.js';
import type { AssertionLookup } from './trust/assertion-lookup.js';
import { checkBatch, type AssertionBatch, type BatchContext, type BatchResult } from './trust/batch.js';
import { dependencyMarks, dependsOn } from './trust/dependents.js';
import { siftFiles, type Sifted } from './trust/sift.js';
import { TrustedRoots } from './trust/trusted-roots.js';
import { TRUSTED_ASSERTIONS } from './trusted-assertions.settings.js';

const CHANNEL = 'assertion';

/** Where assertions are read from, with or without their documents. */
interface Source<T> {
  readonly known: (one: WantedAssertion) => T | 'absent' | undefined;
  readonly read: (places: readonly AssertionPlace[]) => Promise<(T | undefined)[]>;
  readonly keep: (one: WantedAssertion, found: T | undefined) => void;
  readonly ofRoot: (root: Assertion) => T;
}

/** The store's signed documents, and the verification of new ones. */
@Injectable()
@Watches()
export class AssertionsService implements OnApplicationShutdown, Watcher {
  private readonly memory = new AssertionMemory();
  private roots: Promise<TrustedRoots> | undefined;
  private unsubscribe: (() => void) | undefined;

  constructor(
    private readonly repository: AssertionsRepository,
    private readonly settings: SettingsService,
    private readonly transactions: TransactionsService,
    private readonly notifications: NotificationsService,
  ) {
    settings.define(TRUSTED_ASSERTIONS);
  }

  /** Keeps answers in memory until a unit adds assertions. For a server. */
  async watch(): Promise<void> {
    const forgetAll = () => this.memory.clear();
    this.unsubscribe = await this.notifications.subscribe(
      CHANNEL,
      (change) => this.memory.forgetChanged(change),
      forgetAll,
    );
    await this.settings.watch(() => {
      this.roots = undefined;
      forgetAll();
    });
  }

  onApplicationShutdown(): void {
    this.unsubscribe?.();
  }

  /**
   * The newest assertion of a key that the client supports, from the store or among the trusted roots.
   *
   * @param primaryKey - in full, optional values included
   * @param maxFormat - the highest format that the client supports; the default is any that this store supports
   */
  async find(
    type: string,
    primaryKey: readonly string[],
    maxFormat?: number,
  ): Promise<Assertion | undefined> {
    const wanted = { type, key: primaryKey, maxFormat };
    const known = this.memory.find(wanted);
    if (known !== undefined) return known === 'absent' ? undefined : known;
    return (await this.findAll([wanted]))[0];
  }

  /** As {@link find}, without the memory: for a caller that knows that another process has just stored it. */
  async findStored(type: string, primaryKey: readonly string[]): Promise<Assertion | undefined> {
    return await this.repository.findNewest(type, primaryKey, MAX_INTEGER);
  }

  /** One point of a sequence, such as a validation set's. */
  async findInSequence(
    type: string,
    sequenceKey: readonly string[],
    point: SequencePoint,
    maxFormat?: number,
  ): Promise<Assertion | undefined> {
    return (await this.findAll([{ type, key: sequenceKey, point, maxFormat }]))[0];
  }

  /**
   * Finds many of them together. Those that are not in memory are read in one query.
   *
   * @returns in the order of the request; undefined for one that does not exist
   */
  async findAll(wanted: readonly WantedAssertion[]): Promise<(Assertion | undefined)[]> {
    return await this.recall<Assertion>(wanted, {
      known: (one) => this.memory.find(one),
      read: async (places) => await this.repository.findAllAt(places),
      keep: (one, found) => this.memory.keep(one, found),
      ofRoot: (root) => root,
    });
  }

  /** As {@link findAll}, without the documents: the revision of each. */
  async findHeads(wanted: readonly WantedAssertion[]): Promise<(AssertionHead | undefined)[]> {
    return await this.recall<AssertionHead>(wanted, {
      known: (one) => this.memory.findHead(one),
      read: async (places) =>
        (await this.repository.findHeadsAt(places)).map((head, index) => {
          const type = assertionType(places[index]?.type ?? '');
          return head && type && { ...head, type };
        }),
      keep: (one, head) => (head ? this.memory.keepHead(one, head) : this.memory.keep(one, undefined)),
      ofRoot: (root) => root,
    });
  }

  private async recall<T>(wanted: readonly WantedAssertion[], from: Source<T>): Promise<(T | undefined)[]> {
    const found = wanted.map((one) => (isAskable(one) ? from.known(one) : 'absent'));
    const missing = [...found.keys()].filter((index) => found[index] === undefined);
    if (missing.length > 0) {
      const asked = missing.flatMap((index) => wanted[index] ?? []);
      const read = await this.read(asked, from);
      for (const [at, index] of missing.entries()) found[index] = read[at];
    }
    return found.map((one) => (one === 'absent' ? undefined : one));
  }

  private async read<T>(asked: readonly WantedAssertion[], from: Source<T>): Promise<(T | undefined)[]> {
    const live = this.notifications.isLive(CHANNEL);
    const { generation } = this.memory;
    const rows = await from.read(asked.map((one) => ({ ...one, maxFormat: readableFormat(one) })));
    const roots = await this.trustedRoots();
    const found = rows.map((row, index) => {
      const { type = '', key = [], point } = asked[index] ?? {};
      const root = row === undefined && point === undefined ? roots.find(type, key) : undefined;
      const isReadable = root && asked[index] && root.format <= readableFormat(asked[index]);
      return isReadable ? from.ofRoot(root) : row;
    });
    // Kept only if later changes are sure to be noticed, and none was while this was read.
    if (live && generation === this.memory.generation)
      for (const [index, one] of asked.entries()) from.keep(one, found[index]);
    return found;
  }

  async findAllOfType(type: string): Promise<Assertion[]> {
    return await this.repository.findAllOfType(type);
  }

  /** Verifies a batch against itself, the store and the trusted roots. Stores nothing. */
  async verify(batch: AssertionBatch, now = new Date()): Promise<BatchResult> {
    return await batch.verify(await this.batchContext(now));
  }

  /**
   * As {@link verify}, for assertions that were issued before and have a timestamp: keys that have expired
   * since are accepted. The signature of each one must be valid, even if the store has a newer revision.
   */
  async verifyIssued(batch: AssertionBatch): Promise<BatchResult> {
    return await batch.verify(await this.batchContext(undefined));
  }

  /**
   * Stores verified assertions within the caller's transaction. When it commits, every unit is notified.
   *
   * @returns how many are new
   */
  async add(tx: EntityManager, verified: readonly Assertion[]): Promise<number> {
    if (verified.length === 0) return 0;
    const added = await this.repository.add(tx, verified);
    await this.notifications.publish(tx, CHANNEL, changeText(verified));
    return added;
  }

  /** All revisions of an assertion, newest first. Nobody can add one until the transaction ends. */
  async lockForRemoval(tx: EntityManager, { type, primaryKey }: AssertionRef): Promise<Assertion[]> {
    await this.repository.lock(tx);
    return await this.repository.findRevisions(tx, type, primaryKey);
  }

  /** The assertions that depend on one: they are signed by it, require it as a prerequisite, or name it. */
  async findDependents(tx: EntityManager, ref: AssertionRef): Promise<Assertion[]> {
    const marks = dependencyMarks(ref);
    if (marks.length === 0) return [];
    return (await this.repository.findHolding(tx, marks)).filter((assertion) => dependsOn(assertion, ref));
  }

  /**
   * Removes every revision of an assertion on which nothing depends. When this commits, every unit is notified.
   */
  async remove(tx: EntityManager, { type, primaryKey }: AssertionRef): Promise<void> {
    await this.repository.remove(tx, type, primaryKey);
    await this.notifications.publish(tx, CHANNEL, '');
  }

  /**
   * Verifies and stores assertions: all of them or none.
   *
   * @param alongside - further work in the same transaction
   * @returns those that are new to the store
   * @throws StoreError `invalid-assertion` or `conflict` naming the first that cannot be verified, and the
   *   reason
   */
  async addAll(
    assertions: readonly Assertion[],
    alongside?: (tx: EntityManager, verified: readonly Assertion[]) => Promise<unknown>,
  ): Promise<Assertion[]> {
    const verified = await checkBatch(assertions, await this.batchContext(new Date()));
    await this.addVerified(verified, alongside);
    return [...verified];
  }

  /** Stores assertions that are already verified. @param alongside - as for {@link addAll} */
  async addVerified(
    verified: readonly Assertion[],
    alongside?: (tx: EntityManager, verified: readonly Assertion[]) => Promise<unknown>,
  ): Promise<void> {
    await this.transactions.run(async (tx) => {
      await this.add(tx, verified);
      await alongside?.(tx, verified);
    });
  }

  /** Verifies files that came together, and returns which of them are valid. Stores nothing. */
  async sift(files: readonly (readonly Assertion[])[]): Promise<Sifted> {
    return await siftFiles(files, await this.batchContext(new Date()));
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

  private async batchContext(now: Date | undefined): Promise<BatchContext> {
    return { roots: await this.trustedRoots(), stored: this.lookup(), now };
  }

  private lookup(): AssertionLookup {
    return {
      find: async (type, primaryKey) => await this.findStored(type, primaryKey),
      findAccountKeysNamed: async (accountId, name) =>
        (await this.repository.findAllOfType('account-key')).filter(
          ({ headers }) => headers['account-id'] === accountId && headers['name'] === name,
        ),
    };
  }
}
