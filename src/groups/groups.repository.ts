import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseService } from '../database/database.service.js';
import type { DeviceGroup, GroupMember, GroupSize } from './device-group.js';

const WITH_MEMBERS = `select g.name,
    coalesce(json_agg(json_build_object('kind', m.kind, 'value', m.value) order by m.kind, m.value)
      filter (where m.kind is not null), '[]') as members
  from device_group g left join device_group_member m on m.group_name = g.name`;

/** The groups of devices and their members. */
@Injectable()
export class GroupsRepository {
  constructor(private readonly database: DatabaseService) {}

  /** Every group with its members, sorted by name. */
  async findAll(): Promise<DeviceGroup[]> {
    return await this.database.query<DeviceGroup>(
      `${WITH_MEMBERS} group by g.name order by g.name collate "C"`,
    );
  }

  /** Every group without its members, sorted by name. */
  async findSizes(): Promise<GroupSize[]> {
    return await this.database.query<GroupSize>(
      `select g.name, count(m.kind)::int as members
       from device_group g left join device_group_member m on m.group_name = g.name
       group by g.name order by g.name collate "C"`,
    );
  }

  async find(tx: EntityManager, name: string): Promise<DeviceGroup | undefined> {
    return (await tx.query<DeviceGroup[]>(`${WITH_MEMBERS} where g.name = $1 group by g.name`, [name]))[0];
  }

  /** Blocks other changes of the groups until the transaction ends. */
  async lock(tx: EntityManager): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('device groups', 0))`);
  }

  async count(tx: EntityManager): Promise<number> {
    const rows = await tx.query<{ count: string }[]>('select count(*) from device_group');
    return Number(rows[0]?.count);
  }

  async has(tx: EntityManager, name: string): Promise<boolean> {
    return (await tx.query<unknown[]>('select from device_group where name = $1', [name])).length > 0;
  }

  /** @returns whether it is new */
  async create(tx: EntityManager, name: string): Promise<boolean> {
    const sql = 'insert into device_group (name) values ($1) on conflict do nothing returning name';
    return (await tx.query<unknown[]>(sql, [name])).length > 0;
  }

  /** Deletes a group with its members. */
  async delete(tx: EntityManager, name: string): Promise<void> {
    await tx.query('delete from device_group where name = $1', [name]);
  }

  /** @returns those that are new */
  async add(tx: EntityManager, name: string, members: readonly GroupMember[]): Promise<GroupMember[]> {
    return await tx.query<GroupMember[]>(
      `insert into device_group_member (group_name, kind, value)
       select $1, kind, value from jsonb_to_recordset($2::jsonb) as member (kind text, value text)
       on conflict do nothing returning kind, value`,
      [name, JSON.stringify(members)],
    );
  }

  /** @returns those that were members */
  async remove(tx: EntityManager, name: string, members: readonly GroupMember[]): Promise<GroupMember[]> {
    const [rows] = await tx.query<[GroupMember[], number]>(
      `delete from device_group_member m
       using jsonb_to_recordset($2::jsonb) as member (kind text, value text)
       where m.group_name = $1 and m.kind = member.kind and m.value = member.value
       returning m.kind, m.value`,
      [name, JSON.stringify(members)],
    );
    return rows;
  }
}
