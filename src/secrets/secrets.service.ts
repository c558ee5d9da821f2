import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { StoreError } from '../common/errors.js';
import { TransactionsService } from '../database/transactions.service.js';
import { SECRET_COLUMNS, type SecretColumn } from './secret-places.js';
import {
  makeSecretsKey,
  openSecret,
  UnreadableSecretError,
  wrappingKeyId,
  wrapSecret,
  type SecretPlace,
  type SecretsKey,
} from './secrets-key.js';
import { SecretsKeyringService } from './secrets-keyring.service.js';
import { SecretsRepository } from './secrets.repository.js';

/** Wraps a secret for its place. */
export type WrapSecret = (place: SecretPlace, clear: string) => string;

/**
 * The secrets of the database. They are wrapped with a key outside the database; all units that share the
 * database have the same key. If the secrets are still in clear, the first process that reads the settings
 * wraps them.
 */
@Injectable()
export class SecretsService {
  /** The pool that was open at the last check. */
  private readyPool: object | undefined;
  private readonly logger = new Logger(SecretsService.name);

  constructor(
    private readonly repository: SecretsRepository,
    private readonly keyring: SecretsKeyringService,
    private readonly transactions: TransactionsService,
  ) {}

  /**
   * Makes sure that the secrets are wrapped. Afterwards, none is read or written in clear.
   *
   * @throws StoreError `storage-failed` if the key cannot be kept
   */
  async ready(): Promise<void> {
    const pool = await this.repository.pool();
    if (this.readyPool === pool) return;
    if ((await this.repository.findKeyId()) === undefined) {
      const wrapAll = (tx: EntityManager) => this.wrapAll(tx, () => this.firstKey(), { isFirst: true });
      if ((await this.transactions.run(wrapAll)) > 0) await this.forgetOldRows();
    }
    this.readyPool = pool;
  }

  /**
   * Unwraps a secret.
   *
   * @throws StoreError `not-configured` if this machine does not have its key; UnreadableSecretError if it was
   *   not wrapped for this place
   */
  open(place: SecretPlace, stored: string): string {
    const id = wrappingKeyId(stored);
    if (id === undefined)
      throw new UnreadableSecretError(
        place,
        'the database contains it in clear, but every secret must be wrapped with the secrets key',
      );
    return openSecret(this.keyFor(id), place, stored);
  }

  /**
   * Wraps secrets in a transaction, with the key that the database names. The key stays the same until the
   * transaction ends.
   *
   * @throws StoreError `not-configured` if this machine does not have that key
   */
  async wrappingWithin(tx: EntityManager): Promise<WrapSecret> {
    // On its own connection, before this transaction takes locks for which the connection would wait.
    await this.ready();
    const id = await this.repository.holdKeyId(tx);
    const key = this.keyFor(id ?? '');
    return (place, clear) => wrapSecret(key, place, clear);
  }

  /** The id of the key that the database names; undefined before its first secret. */
  async keyId(): Promise<string | undefined> {
    return await this.repository.findKeyId();
  }

  /**
   * Wraps every secret again with another key, in one transaction. The new key is stored before it is used, and
   * the old keys are removed afterwards. So at any interruption, the stored keys unwrap the stored secrets.
   *
   * @param key - the key to use; without it, a new one is made
   * @returns the key, and the number of secrets that it wraps
   * @throws StoreError `conflict` if the key is already in use; as {@link open} if a secret cannot be unwrapped
   */
  async rotate(key: SecretsKey = makeSecretsKey()): Promise<{ key: SecretsKey; secrets: number }> {
    await this.ready();
    // Without the old key nothing can be wrapped again, and a useless new key must not replace it.
    this.keyFor((await this.keyId()) ?? '');
    this.keyring.add(key);
    const secrets = await this.transactions.run((tx) => this.wrapAll(tx, () => key, { isFirst: false }));
    this.keyring.keepOnly(key.id);
    await this.forgetOldRows();
    return { key, secrets };
  }

  /** The secrets are wrapped whether or not this succeeds. A long-running reader may block it. */
  private async forgetOldRows(): Promise<void> {
    await this.repository
      .forgetOldRows()
      .catch((error: unknown) =>
        this.logger.warn(
          `old rows stay in the files of the database; \`secrets-key rotate\` tries again: ${String(error)}`,
        ),
      );
  }

  private async wrapAll(
    tx: EntityManager,
    keyToUse: () => SecretsKey,
    { isFirst }: { isFirst: boolean },
  ): Promise<number> {
    const held = await this.repository.lockKeyId(tx);
    // Another process was faster.
    if (isFirst && held !== undefined) return 0;
    const key = keyToUse();
    if (held === key.id)
      throw new StoreError('conflict', `cannot rotate the secrets key: ${key.id} is already in use`);
    let secrets = 0;
    for (const column of SECRET_COLUMNS) secrets += await this.wrapColumn(tx, key, column);
    await this.repository.putKeyId(tx, key.id);
    return secrets;
  }

  private async wrapColumn(tx: EntityManager, key: SecretsKey, column: SecretColumn): Promise<number> {
    const stored = await this.repository.findSecrets(tx, column);
    for (const { row, value } of stored) {
      const place = column.place(row);
      const clear = wrappingKeyId(value) === undefined ? value : this.open(place, value);
      await this.repository.putSecret(tx, column, { row, value: wrapSecret(key, place, clear) });
    }
    return stored.length;
  }

  private firstKey(): SecretsKey {
    const [held] = this.keyring.all();
    if (held) return held;
    const key = makeSecretsKey();
    this.keyring.add(key);
    return key;
  }

  private keyFor(id: string): SecretsKey {
    const key = this.keyring.find(id);
    if (key) return key;
    const has = this.keyring.all().map((each) => each.id);
    const why =
      has.length === 0
        ? `this machine has no secrets key, but the database is wrapped with ${id}`
        : `the secrets key of this machine (${has.join(', ')}) is not the key that wraps the database (${id})`;
    throw new StoreError(
      'not-configured',
      `cannot unwrap the secrets of the database: ${why}; run \`secrets-key export\` on the unit that has the key, or take your copy of it, and run \`secrets-key import\` here`,
    );
  }
}
