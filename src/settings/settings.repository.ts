import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseService } from '../database/database.service.js';
import { isWrappedSetting, settingPlace } from '../secrets/secret-places.js';
import { UnreadableSecretError } from '../secrets/secrets-key.js';
import { SecretsService } from '../secrets/secrets.service.js';

interface SettingRow {
  readonly key: string;
  readonly value: string;
}

const SELECT_ALL = 'select key, value from setting';

/**
 * The settings shared by all units, key to string. Secret values are wrapped in the table, and in clear here.
 */
@Injectable()
export class SettingsRepository {
  constructor(
    private readonly database: DatabaseService,
    private readonly secrets: SecretsService,
  ) {}

  /**
   * A secret that cannot be unwrapped is omitted from listings, and reading it is an error. The other settings
   * stay readable, and it can be set again.
   *
   * @throws StoreError `not-configured` if this machine does not have the key of the secrets
   */
  async findAll(): Promise<Record<string, string>> {
    await this.secrets.ready();
    return this.opened(await this.database.query<SettingRow>(SELECT_ALL));
  }

  /** As {@link findAll}. Nobody else changes a setting until the transaction ends. */
  async lockAll(tx: EntityManager): Promise<Record<string, string>> {
    // First, in the order in which a change of the key takes these locks.
    await this.secrets.wrappingWithin(tx);
    await tx.query('lock table setting in share row exclusive mode');
    return this.opened(await tx.query<SettingRow[]>(SELECT_ALL));
  }

  private opened(rows: readonly SettingRow[]): Record<string, string> {
    const texts: Record<string, string> = {};
    for (const { key, value } of rows) {
      if (!isWrappedSetting(key)) texts[key] = value;
      else this.putSecret(texts, key, value);
    }
    return texts;
  }

  private putSecret(texts: Record<string, string>, key: string, stored: string): void {
    try {
      texts[key] = this.secrets.open(settingPlace(key), stored);
    } catch (error) {
      if (!(error instanceof UnreadableSecretError)) throw error;
      Object.defineProperty(texts, key, {
        enumerable: false,
        get: () => {
          throw error;
        },
      });
    }
  }

  /** Settings as the table holds them, those that have a value: secret ones are wrapped. */
  async findWithin(tx: EntityManager, keys: readonly string[]): Promise<Record<string, string>> {
    const rows = await tx.query<{ key: string; value: string }[]>(
      `select key, value #>> '{}' as value from setting where key = any($1)`,
      [keys],
    );
    return Object.fromEntries(rows.map(({ key, value }) => [key, value]));
  }

  async put(tx: EntityManager, key: string, value: string): Promise<void> {
    // As a query parameter, a bare string would be parsed as JSON. It must arrive as a JSON string.
    await tx.query(
      'insert into setting (key, value) values ($1, $2::jsonb) on conflict (key) do update set value = excluded.value, updated_at = now()',
      [key, await this.stored(tx, key, value)],
    );
  }

  /** Does not change a setting that has a value. */
  async putMissing(tx: EntityManager, key: string, value: string): Promise<void> {
    await tx.query('insert into setting (key, value) values ($1, $2::jsonb) on conflict (key) do nothing', [
      key,
      await this.stored(tx, key, value),
    ]);
  }

  private async stored(tx: EntityManager, key: string, value: string): Promise<string> {
    if (!isWrappedSetting(key)) return JSON.stringify(value);
    const wrap = await this.secrets.wrappingWithin(tx);
    return JSON.stringify(wrap(settingPlace(key), value));
  }
}
