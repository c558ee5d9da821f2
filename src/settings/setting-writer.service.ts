import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { StoreError } from '../common/errors.js';
import { areStorable } from '../common/storable-text.js';
import { DatabaseService } from '../database/database.service.js';
import { NotificationsService } from '../database/notifications.service.js';
import { TransactionsService } from '../database/transactions.service.js';
import { DatabaseMoveService } from './database-move.service.js';
import { DATABASE_CONNECTION } from './database.settings.js';
import { AIRGAP } from './mode.settings.js';
import type { Setting } from './setting.js';
import { SettingsRepository } from './settings.repository.js';
import { UnitConfigService } from './unit-config.service.js';

/** The channel that tells units that shared settings have changed. */
export const SETTINGS_CHANNEL = 'settings';

/** One `KEY=VALUE` argument of `config`. */
export interface SettingValue {
  readonly key: string;
  readonly text: string;
  readonly setting: Setting<unknown>;
}

type Texts = Record<string, string>;

/** Sees shared settings that change, in the transaction that changes them. Secrets are wrapped in `before`. */
export type SettingsListener = (tx: EntityManager, before: Readonly<Texts>, after: Readonly<Texts>) => void;

/** Sees the shared settings right before a change, in its transaction, and may refuse it. */
export type SettingsExpectation = (present: Readonly<Texts>) => void;

/** How a change of settings is made. */
export interface SettingsChangeOptions {
  /** A database that the settings name need not contain the store of this unit. */
  readonly newStore?: boolean;
  readonly expect?: SettingsExpectation | undefined;
}

/** Changes settings, those of the unit and those in the database together. */
@Injectable()
export class SettingWriterService {
  private onPut: SettingsListener | undefined;

  constructor(
    private readonly unit: UnitConfigService,
    private readonly database: DatabaseService,
    private readonly repository: SettingsRepository,
    private readonly transactions: TransactionsService,
    private readonly notifications: NotificationsService,
    private readonly moves: DatabaseMoveService,
  ) {}

  /**
   * Checks all values, then stores all of them or none. If one of them names the database, the others are
   * checked against that database and stored in it.
   *
   * @throws StoreError if a setting rejects its value, or the database cannot be used or contains another store
   */
  async apply(
    values: readonly SettingValue[],
    { newStore = false, expect }: SettingsChangeOptions = {},
  ): Promise<SettingValue[]> {
    for (const { setting, text } of values) {
      if (!areStorable([text]))
        throw new StoreError(
          'invalid-setting',
          `cannot set ${setting.key}: its value contains a NUL character`,
        );
      setting.parse(text);
    }
    const isDatabase = ({ setting }: SettingValue) => setting.key === DATABASE_CONNECTION.key;
    const database = values.find(isDatabase);
    if (database && database.text !== (this.unit.readFile()[database.key] ?? ''))
      await this.moveTo(database, values, newStore);
    else await this.store(values, { expect });
    return [...values];
  }

  /** Makes somebody see every change of shared settings; one listener at most. */
  listen(listener: SettingsListener): void {
    this.onPut = listener;
  }

  /** Stores shared settings within the caller's transaction. */
  async put(tx: EntityManager, texts: Readonly<Texts>): Promise<void> {
    const before = this.onPut ? await this.repository.findWithin(tx, Object.keys(texts)) : {};
    this.onPut?.(tx, before, texts);
    for (const [key, text] of Object.entries(texts)) await this.repository.put(tx, key, text);
    await this.notifications.publish(tx, SETTINGS_CHANNEL, '');
  }

  private async moveTo(
    { key, text }: SettingValue,
    values: readonly SettingValue[],
    newStore: boolean,
  ): Promise<void> {
    const present = await this.moves.present();
    await this.database.leave();
    // An air-gapped unit stays air-gapped, whichever store it starts.
    const isAirgapped = present !== undefined && !('unknown' in present) && present.isAirgapped;
    try {
      await this.unit.planning({ [key]: text }, async () => {
        if (!newStore) await this.moves.check(present, text);
        await this.store(values, { along: newStore && isAirgapped ? { [AIRGAP.key]: 'true' } : {} });
      });
    } catch (error) {
      await this.database.leave();
      throw error;
    }
  }

  /** @param along - shared settings that are stored together with them */
  private async store(
    values: readonly SettingValue[],
    { along = {}, expect }: { along?: Readonly<Texts>; expect?: SettingsExpectation | undefined },
  ): Promise<void> {
    const texts = await this.complete(values);
    Object.assign(texts.shared, along);
    await this.checkTogether(values, texts);
    if (Object.keys(texts.shared).length === 0) {
      this.unit.write({ ...this.unit.readFile(), ...texts.unit });
      return;
    }
    await this.refuseLeavingAirgap(texts.shared);
    const before = this.unit.readFile();
    let isWritten = false;
    try {
      await this.transactions.run(async (tx) => {
        if (expect) expect(await this.repository.lockAll(tx));
        await this.put(tx, texts.shared);
        if (Object.keys(texts.unit).length === 0) return;
        // Last, so that only the commit can fail after it.
        this.unit.write({ ...before, ...texts.unit });
        isWritten = true;
      });
    } catch (error) {
      if (isWritten) this.unit.write(before);
      throw error;
    }
  }

  /**
   * Adds the settings that other settings require. The database comes first, because the others are checked in
   * it.
   */
  private async complete(values: readonly SettingValue[]): Promise<{ unit: Texts; shared: Texts }> {
    const given = new Map(values.map(({ key, text }) => [key, text]));
    const texts = { unit: {} as Texts, shared: {} as Texts };
    const databaseFirst = values.toSorted(
      (a, b) => Number(b.key === DATABASE_CONNECTION.key) - Number(a.key === DATABASE_CONNECTION.key),
    );
    for (const { key, text, setting } of databaseFirst) {
      const along = (await setting.beforeSet?.(text)) ?? {};
      for (const [other, found] of Object.entries(along))
        if ((given.get(other) ?? found).trim() !== found.trim())
          throw new StoreError('invalid-setting', `cannot set ${other}: it does not match ${key}`);
      Object.assign(texts[setting.scope], { [key]: text }, along);
    }
    return texts;
  }

  private async checkTogether(
    values: readonly SettingValue[],
    { unit, shared }: { unit: Texts; shared: Texts },
  ): Promise<void> {
    const checks = values.flatMap(({ setting }) => setting.checkTogether ?? []);
    if (checks.length === 0) return;
    const stored = { ...(await this.repository.findAll()), ...this.unit.readFile() };
    const afterwards: Readonly<Texts> = { ...stored, ...shared, ...unit };
    for (const check of checks) check((key) => afterwards[key]);
  }

  /** A store that devices know as air-gapped never connects to another store again. */
  private async refuseLeavingAirgap(shared: Readonly<Texts>): Promise<void> {
    const wanted = shared[AIRGAP.key];
    if (wanted === undefined || AIRGAP.parse(wanted)) return;
    const held = (await this.repository.findAll())[AIRGAP.key] ?? 'false';
    if (AIRGAP.parse(held))
      throw new StoreError(
        'conflict',
        `cannot set ${AIRGAP.key} to ${wanted}: this store is in air-gapped mode, which cannot be switched off`,
      );
  }
}
