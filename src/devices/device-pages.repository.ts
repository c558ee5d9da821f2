import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';
import { TransactionsService } from '../database/transactions.service.js';
import type {
  DeviceFilter,
  DeviceQuestion,
  DeviceRef,
  DeviceRow,
  DeviceSort,
  KnownDevice,
} from './device-question.js';
import type { RunningSnap } from './sighting.js';

const ROW = `d.brand_id as "brandId", d.model, d.serial, d.serial_trust as trust, d.store_id as "storeId",
  d.architecture, d.snapd_version as "snapdVersion", d.first_seen_at as "firstSeenAt", d.last_seen_at as "lastSeenAt",
  d.session_expires_at as "sessionExpiresAt", jsonb_array_length(d.snaps) as "snapCount", d.snap_keys as "snapKeys",
  to_char(d.last_seen_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "seenKey"`;

const COLUMNS: Readonly<Record<DeviceSort, readonly string[]>> = {
  device: ['brand_id', 'model', 'serial'],
  'last-seen': ['last_seen_at', 'brand_id', 'model', 'serial'],
};

/** What a snap makes of it, for devices whose snaps are not all in the table of keys. */
const UNKEYED = '0';

/** Collects the parameters of a statement. */
class Parameters {
  readonly values: unknown[] = [];

  /** @returns its place in the statement */
  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/** Lists of devices, a part at a time. */
@Injectable()
export class DevicePagesRepository {
  constructor(
    private readonly database: DatabaseService,
    private readonly transactions: TransactionsService,
  ) {}

  /** The next devices of a list. The search goes along the order of the list. */
  async find(question: DeviceQuestion): Promise<DeviceRow[]> {
    return await this.select<DeviceRow>(question, ROW);
  }

  /** As {@link find}, with what they run. */
  async findKnown(question: DeviceQuestion): Promise<KnownDevice[]> {
    return await this.select<KnownDevice>(question, `${ROW}, d.snaps`);
  }

  /**
   * As {@link find}, for those that run one of some snaps: few of all devices, which an index finds.
   *
   * @param keys - of `running_snap`
   */
  async findRunning(question: DeviceQuestion, keys: readonly string[]): Promise<DeviceRow[]> {
    const parameters = new Parameters();
    const conditions = [`d.snap_keys && ${parameters.add(keys)}::bigint[]`];
    conditions.push(...conditionsOf(question.filter, parameters));
    const sql = `with candidate as materialized (
        select brand_id, model, serial, last_seen_at from device d where ${conditions.join(' and ')}),
      listed as materialized (
        select * from candidate d where ${afterOf(question, parameters)}
        ${orderOf(question)} limit ${parameters.add(question.limit)})
      select ${ROW} from listed join device d using (brand_id, model, serial) ${orderOf(question)}`;
    // To compare each device with thousands of keys takes seconds. The planner does not know that.
    return await this.transactions.run(async (tx) => {
      await tx.query('set local enable_seqscan = off');
      return await tx.query<DeviceRow[]>(sql, parameters.values);
    });
  }

  async findOne({ brandId, model, serial }: DeviceRef): Promise<KnownDevice | undefined> {
    const sql = `select ${ROW}, d.snaps from device d where d.brand_id = $1 and d.model = $2 and d.serial = $3`;
    return (await this.database.query<KnownDevice>(sql, [brandId, model, serial]))[0];
  }

  /** What some devices run, in their order; undefined for one that has not listed it. */
  async findSnaps(devices: readonly DeviceRef[]): Promise<(readonly RunningSnap[] | undefined)[]> {
    const found: (readonly RunningSnap[] | undefined)[] = devices.map(() => undefined);
    const rows = await this.database.query<{ at: string; snaps: RunningSnap[] }>(
      `select w.at, d.snaps from unnest($1::text[], $2::text[], $3::text[]) with ordinality
         w (brand_id, model, serial, at)
       join device d using (brand_id, model, serial) where d.snaps is not null`,
      [
        devices.map(({ brandId }) => brandId),
        devices.map(({ model }) => model),
        devices.map(({ serial }) => serial),
      ],
    );
    for (const { at, snaps } of rows) found[Number(at) - 1] = snaps;
    return found;
  }

  private async select<Row>(question: DeviceQuestion, columns: string): Promise<Row[]> {
    const parameters = new Parameters();
    const conditions = [...conditionsOf(question.filter, parameters), afterOf(question, parameters)];
    return await this.database.query<Row>(
      `select ${columns} from device d where ${conditions.join(' and ')}
       ${orderOf(question)} limit ${parameters.add(question.limit)}`,
      parameters.values,
    );
  }
}

function conditionsOf(filter: DeviceFilter, parameters: Parameters): string[] {
  const { brandId, model, storeId, members, snap, architecture, seenSince, seenBefore } = filter;
  const conditions: string[] = [];
  const compare = (column: string, value: unknown, operator = '=') => {
    if (value !== undefined) conditions.push(`d.${column} ${operator} ${parameters.add(value)}`);
  };
  compare('brand_id', brandId);
  compare('model', model);
  compare('store_id', storeId);
  compare('architecture', architecture);
  compare('last_seen_at', seenSince, '>=');
  compare('last_seen_at', seenBefore, '<');
  if (snap) conditions.push(runs(snap, parameters));
  if (members) conditions.push(isMember(members, parameters));
  return conditions;
}

/** The keys find the devices, and the list of each is looked at. */
function runs({ snapId, revision }: NonNullable<DeviceFilter['snap']>, parameters: Parameters): string {
  const id = parameters.add(snapId);
  const number = parameters.add(revision ?? null);
  const listed = { 'snap-id': snapId, ...(revision !== undefined && { revision }) };
  return `d.snap_keys && (select array_append(array_agg(key), ${UNKEYED}::bigint) from running_snap
      where snap_id = ${id} and (${number}::integer is null or revision = ${number}))
    and d.snaps @> ${parameters.add(JSON.stringify([listed]))}::jsonb`;
}

/** As `membershipsOf`: nobody whose serial may be forged is in a group. */
function isMember(members: NonNullable<DeviceFilter['members']>, parameters: Parameters): string {
  const values = (kind: string) =>
    parameters.add(members.filter((member) => member.kind === kind).map(({ value }) => value));
  return `d.serial_trust <> 'unknown' and (
    d.brand_id || '/' || d.model || '/' || d.serial in (select unnest(${values('serial')}::text[]))
    or d.brand_id || '/' || d.model in (select unnest(${values('model')}::text[]))
    or d.store_id in (select unnest(${values('store')}::text[])))`;
}

function afterOf({ sort, descending, after }: DeviceQuestion, parameters: Parameters): string {
  if (!after) return 'true';
  const { seenKey, brandId, model, serial } = after;
  const values = sort === 'device' ? [brandId, model, serial] : [seenKey, brandId, model, serial];
  const columns = COLUMNS[sort].map((column) => `d.${column}`).join(', ');
  const places = values.map((value) => parameters.add(value)).join(', ');
  return `(${columns}) ${descending ? '<' : '>'} (${places})`;
}

function orderOf({ sort, descending }: DeviceQuestion): string {
  return `order by ${COLUMNS[sort].map((column) => `d.${column}${descending ? ' desc' : ''}`).join(', ')}`;
}
