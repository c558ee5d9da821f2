import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { StoreError } from '../common/errors.js';
import { NotificationsService } from '../database/notifications.service.js';
import { TransactionsService } from '../database/transactions.service.js';
import { isWrappedSetting } from '../secrets/secret-places.js';
import { DATABASE_CONNECTION, EMBEDDED_DATABASE } from './database.settings.js';
import { foreignSettingReason } from './foreign-settings.js';
import { LOG_DOWNLOADS, LOG_LEVEL } from './log.settings.js';
import { AIRGAP } from './mode.settings.js';
import {
  DOMAIN,
  HTTP_PORT,
  HTTPS_PORT,
  LISTEN_ADDRESS,
  MANAGEMENT_ADDRESS,
  MANAGEMENT_PORT,
  TRUST_FORWARDED_PROTO,
  TRUSTED_PROXIES,
} from './server.settings.js';
import {
  SETTINGS_CHANNEL as CHANNEL,
  SettingWriterService,
  type SettingsChangeOptions,
  type SettingsListener,
  type SettingValue,
} from './setting-writer.service.js';
import { defaultTextOf, type Setting } from './setting.js';
import { shortKey } from './settings-yaml.js';
import { SettingsRepository } from './settings.repository.js';
import { UnitConfigService } from './unit-config.service.js';

/** How settings that another unit or a request names are taken. */
export interface TakeOptions {
  readonly newStore?: boolean;
  readonly expect?: ((present: readonly SettingValue[]) => void) | undefined;
}

/** The most keys that one message names. */
const LISTED_KEYS = 20;

/**
 * Every `proxy.*` and `internal.*` key. Modules define their own; this service stores, checks and shows them.
 */
@Injectable()
export class SettingsService implements OnApplicationShutdown {
  private readonly settings = new Map<string, Setting<unknown>>();
  private shared: Promise<Record<string, string>> | undefined;
  private watching = false;
  private unsubscribe: (() => void) | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly unit: UnitConfigService,
    private readonly repository: SettingsRepository,
    private readonly transactions: TransactionsService,
    private readonly notifications: NotificationsService,
    private readonly writer: SettingWriterService,
  ) {
    for (const setting of [
      DATABASE_CONNECTION,
      EMBEDDED_DATABASE,
      DOMAIN,
      LISTEN_ADDRESS,
      HTTP_PORT,
      HTTPS_PORT,
      MANAGEMENT_ADDRESS,
      MANAGEMENT_PORT,
      TRUST_FORWARDED_PROTO,
      TRUSTED_PROXIES,
      AIRGAP,
      LOG_LEVEL,
      LOG_DOWNLOADS,
    ])
      this.define(setting);
  }

  /** Registers a key. The module that owns it calls this while the application starts. */
  define(setting: Setting<unknown>): void {
    if (setting.secret && setting.scope === 'shared' && !isWrappedSetting(setting.key))
      throw new Error(`${setting.key} is secret and is not wrapped: add it to secrets/secret-places.ts`);
    this.settings.set(setting.key, setting);
  }

  /** All known keys, in alphabetical order. */
  definitions(): Setting<unknown>[] {
    return [...this.settings.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
  }

  /**
   * Keeps the shared settings in memory until a unit changes one. For a server, which reads them on every
   * request. `onChange` is called when they may have changed.
   */
  async watch(onChange?: () => void): Promise<void> {
    if (onChange) this.listeners.add(onChange);
    if (this.watching) return;
    this.watching = true;
    const forget = () => {
      this.shared = undefined;
      for (const listener of this.listeners) listener();
    };
    this.unsubscribe = await this.notifications.subscribe(CHANNEL, forget, forget);
  }

  /** Whether every change by any unit will be noticed. Until then, values may stay in memory. */
  get isLive(): boolean {
    return this.watching && this.notifications.isLive(CHANNEL);
  }

  onApplicationShutdown(): void {
    this.unsubscribe?.();
  }

  /** The value of one setting, or undefined if it is not set and has no default. */
  async find<T>(setting: Setting<T>): Promise<T | undefined> {
    const text = await this.textOf(setting);
    return text === undefined ? undefined : setting.parse(text);
  }

  /** @throws StoreError `not-configured` if the setting is not set and has no default */
  async get<T>(setting: Setting<T>): Promise<T> {
    const value = await this.find(setting);
    if (value === undefined)
      throw new StoreError(
        'not-configured',
        `cannot continue: ${setting.key} is not set; run \`config ${setting.key}=...\``,
      );
    return value;
  }

  /** Whether it has been set. A default does not count. */
  async isSet(setting: Setting<unknown>): Promise<boolean> {
    return (await this.stored(setting))[setting.key] !== undefined;
  }

  /** The stored string of one key, secrets included. */
  async getText(key: string): Promise<string | undefined> {
    return await this.textOf(this.known(key));
  }

  /** Every key that has a value, in alphabetical order. */
  async list(): Promise<SettingValue[]> {
    return this.valuesOf(await this.readShared());
  }

  private valuesOf(shared: Readonly<Record<string, string>>): SettingValue[] {
    const texts = { ...shared, ...this.unit.read() };
    return this.definitions().flatMap((setting) => {
      const text = texts[setting.key] ?? defaultTextOf(setting, texts);
      return text === undefined ? [] : [{ key: setting.key, text, setting }];
    });
  }

  /** Every key that has been set, with its string, secrets included. */
  async setTexts(): Promise<Record<string, string>> {
    const texts = { ...(await this.readShared()), ...this.unit.read() };
    return Object.fromEntries(Object.entries(texts).filter(([key]) => this.settings.has(key)));
  }

  /**
   * Checks all changes, then stores all of them or none.
   *
   * @param changes - key and argument as the operator wrote them
   * @param newStore - a database that the settings name need not contain the store of this unit
   * @throws StoreError `invalid-setting` on an unknown key or an invalid value
   */
  async set(
    changes: readonly (readonly [key: string, argument: string])[],
    newStore = false,
  ): Promise<SettingValue[]> {
    const values: SettingValue[] = [];
    for (const [key, argument] of changes) {
      const setting = this.known(key);
      if (setting.readOnly)
        throw new StoreError('invalid-setting', `cannot set ${key}: another command sets it`);
      const text = setting.fromArgument ? await setting.fromArgument(argument) : argument;
      values.push({ key, text, setting });
    }
    return await this.apply(values, { newStore });
  }

  /**
   * As {@link set}, with strings as another unit stored them, read-only settings included.
   *
   * @param options.expect - sees every setting that has a value right before the change, in its transaction, and may
   *   refuse it
   * @throws StoreError `invalid-setting` naming every unknown key
   */
  async take(
    texts: Readonly<Record<string, string>>,
    { newStore = false, expect }: TakeOptions = {},
  ): Promise<SettingValue[]> {
    const unknown = Object.keys(texts).flatMap((key) =>
      this.settings.has(key) ? [] : [describeUnknown(key)],
    );
    if (unknown.length > 0) throw new StoreError('invalid-setting', listed(unknown));
    return await this.apply(
      Object.entries(texts).map(([key, text]) => ({ key, text, setting: this.known(key) })),
      { newStore, expect: expect && ((shared) => expect(this.valuesOf(shared))) },
    );
  }

  /** Stores the results of another command, read-only settings included: all of them or none. */
  async record(results: readonly (readonly [setting: Setting<unknown>, text: string])[]): Promise<void> {
    await this.changing(() => this.transactions.run((tx) => this.recordWithin(tx, results)));
  }

  /**
   * As {@link record}, within the caller's transaction. This process too reads the old values until it is told
   * of the commit.
   */
  async recordWithin(
    tx: EntityManager,
    results: readonly (readonly [setting: Setting<unknown>, text: string])[],
  ): Promise<void> {
    for (const [setting, text] of results) setting.parse(text);
    await this.writer.put(tx, Object.fromEntries(results.map(([{ key }, text]) => [key, text])));
  }

  /** Makes somebody see every change of shared settings, in the transaction that changes them. */
  onChange(listener: SettingsListener): void {
    this.writer.listen(listener);
  }

  /** Reads the shared settings again the next time: for who has committed what {@link recordWithin} stored. */
  forget(): void {
    this.shared = undefined;
  }

  /**
   * Stores those results of another command that have no value yet. If another unit stored one first, its value
   * stays.
   */
  async recordMissing(
    results: readonly (readonly [setting: Setting<unknown>, text: string])[],
  ): Promise<void> {
    for (const [setting, text] of results) setting.parse(text);
    await this.changing(() =>
      this.transactions.run(async (tx) => {
        for (const [{ key }, text] of results) await this.repository.putMissing(tx, key, text);
        await this.notifications.publish(tx, CHANNEL, '');
      }),
    );
  }

  private known(key: string): Setting<unknown> {
    const setting = this.settings.get(key);
    if (setting) return setting;
    const why = foreignSettingReason(key);
    if (why !== undefined)
      throw new StoreError(
        'invalid-setting',
        `cannot use ${key}: it has no meaning in this program (${why})`,
      );
    throw new StoreError(
      'invalid-setting',
      `cannot find setting ${JSON.stringify(key)}: see \`snap-store-proxy config --help\` for the keys`,
    );
  }

  private async textOf(setting: Setting<unknown>): Promise<string | undefined> {
    const texts = await this.stored(setting);
    return texts[setting.key] ?? defaultTextOf(setting, texts);
  }

  private async stored(setting: Setting<unknown>): Promise<Record<string, string>> {
    return setting.scope === 'unit' ? this.unit.read() : await this.readShared();
  }

  private async readShared(): Promise<Record<string, string>> {
    if (!this.watching || !this.notifications.isLive(CHANNEL)) return await this.repository.findAll();
    const reading = (this.shared ??= this.repository.findAll());
    reading.catch(() => {
      if (this.shared === reading) this.shared = undefined;
    });
    return await reading;
  }

  private async apply(
    values: readonly SettingValue[],
    options: SettingsChangeOptions,
  ): Promise<SettingValue[]> {
    return await this.changing(() => this.writer.apply(values, options));
  }

  /** After a change, drops what was read before and during the change. */
  private async changing<T>(change: () => Promise<T>): Promise<T> {
    try {
      return await change();
    } finally {
      this.forget();
    }
  }
}

function describeUnknown(key: string): string {
  const why = foreignSettingReason(key);
  return why === undefined
    ? `${shortKey(key)} is not a setting`
    : `${shortKey(key)} has no meaning in this program (${why})`;
}

function listed(texts: readonly string[]): string {
  const more = texts.length - LISTED_KEYS;
  return [...texts.slice(0, LISTED_KEYS), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}
