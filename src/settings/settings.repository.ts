import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseService } from '../database/database.service.js';
import { SettingEntity } from './setting.entity.js';

/** The settings that all units share, key → text. */
@Injectable()
export class SettingsRepository {
  constructor(private readonly database: DatabaseService) {}

  async findAll(): Promise<Record<string, string>> {
    const dataSource = await this.database.ready();
    const rows = await dataSource.manager.find(SettingEntity);
    return Object.fromEntries(rows.map(({ key, value }) => [key, value]));
  }

  async put(tx: EntityManager, key: string, value: string): Promise<void> {
    // As a query parameter a bare text would be read as JSON; it must arrive as a JSON string.
    await tx.query(
      'insert into setting (key, value) values ($1, $2::jsonb) on conflict (key) do update set value = excluded.value, updated_at = now()',
      [key, JSON.stringify(value)],
    );
  }

  /** Leaves the setting as it is where it has a value. */
  async putMissing(tx: EntityManager, key: string, value: string): Promise<void> {
    await tx.query('insert into setting (key, value) values ($1, $2::jsonb) on conflict (key) do nothing', [
      key,
      JSON.stringify(value),
    ]);
  }
}
