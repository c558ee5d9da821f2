import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Pacer } from '../common/pacer.js';
import { areStorable } from '../common/storable-text.js';
import { DatabaseService } from '../database/database.service.js';
import type { AssertionPlace } from './assertion-place.js';
import type { Assertion } from './format/assertion.js';
import { decodeAssertion } from './format/decode.js';

/** An account-key, and whose it is. */
/** An account-key that expires. */
export interface EndingAccountKey extends AccountKeyOwner {
  readonly until: Date;
}

export interface AccountKeyOwner {
  readonly id: string;
  readonly accountId: string;
}

/** The result for one of the requested places. */
interface PlaceRow {
  /** Number of the place, starting at 1. */
  readonly at: string;
  readonly key: string[];
  readonly revision: number;
}

const BY_PRIMARY_KEY = `a.primary_key = w.key::text[] and a.format <= w.max_format
  order by a.assertion_revision desc limit 1`;

// The condition "is not null" is repeated because the index has only rows with a sequence.
const BY_SEQUENCE = `a.sequence_key = w.key::text[] and a.sequence is not null and a.format <= w.max_format
  and (w.point is null or a.sequence = w.point) order by a.sequence desc, a.assertion_revision desc limit 1`;

/** Each place is one index look-up. All of them are one query. */
const ALL_AT = (what: string, condition: string) => `select w.at, found.*
  from unnest($1::text[], $2::text[], $3::integer[], $4::integer[]) with ordinality w (type, key, max_format, point, at)
  cross join lateral (select ${what} from assertion a where a.type = w.type and ${condition}) found`;

const HEAD = 'a.primary_key as key, a.assertion_revision as revision';

/** A list of strings in PostgreSQL's syntax. Lists in a list need not have the same length. */
function arrayText(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replaceAll(/[\\"]/g, '\\$&')}"`).join(',')}}`;
}

/** So many that a statement is neither short nor huge. */
const ROWS_AT_ONCE = 5_000;

const ADD = `insert into assertion (type, primary_key, assertion_revision, format, authority_id, sign_key_id,
    sequence_key, sequence, bytes)
  select type, key::text[], revision, format, authority_id, sign_key_id, sequence_key::text[], sequence, bytes
  from unnest($1::text[], $2::text[], $3::integer[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::integer[],
    $9::bytea[]) w (type, key, revision, format, authority_id, sign_key_id, sequence_key, sequence, bytes)
  on conflict do nothing returning type`;

/** The assertion table. Its assertions were verified when they were added. */
@Injectable()
export class AssertionsRepository {
  constructor(private readonly database: DatabaseService) {}

  /** The highest assertion revision whose format the client supports. */
  async findNewest(
    type: string,
    primaryKey: readonly string[],
    maxFormat: number,
  ): Promise<Assertion | undefined> {
    return await this.findOne(
      `select bytes from assertion where type = $1 and primary_key = $2 and format <= $3
       order by assertion_revision desc limit 1`,
      [type, primaryKey, maxFormat],
    );
  }

  /**
   * The newest assertions at many places, in one query for each kind of place.
   *
   * @returns in the order of the places; undefined for one that does not exist
   */
  async findAllAt(places: readonly AssertionPlace[]): Promise<(Assertion | undefined)[]> {
    const rows = await this.askAll<PlaceRow & { bytes: Buffer }>(places, 'a.bytes');
    const found: (Assertion | undefined)[] = [];
    const pacer = new Pacer();
    for (const row of rows) {
      if (pacer.isDue) await pacer.rest();
      found.push(row && decodeAssertion(row.bytes));
    }
    return found;
  }

  /** As {@link findAllAt}, without the documents. */
  async findHeadsAt(
    places: readonly AssertionPlace[],
  ): Promise<({ readonly primaryKey: string[]; readonly assertionRevision: number } | undefined)[]> {
    const found = await this.askAll<PlaceRow>(places, HEAD);
    return found.map((row) => row && { primaryKey: row.key, assertionRevision: row.revision });
  }

  /** The newest revision of all assertions of a type, for types of which a store has few. */
  async findAllOfType(type: string): Promise<Assertion[]> {
    return await this.findMany(
      `select distinct on (primary_key) bytes from assertion where type = $1
       order by primary_key, assertion_revision desc`,
      [type],
    );
  }

  async count(): Promise<number> {
    const [row] = await this.database.query<{ count: string }>('select count(*) from assertion');
    return Number(row?.count ?? 0);
  }

  /** The primary keys' first values of the assertions of a type, each once and in order. */
  async firstKeys(type: string): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      'select distinct primary_key[1] as id from assertion where type = $1 order by 1',
      [type],
    );
    return rows.map(({ id }) => id);
  }

  /** Which account-keys there are, and whose, by account and key. */
  async accountKeys(): Promise<AccountKeyOwner[]> {
    // A line that begins with the name is the header: what belongs to another header is indented.
    return await this.database.query<AccountKeyOwner>(
      `select distinct primary_key[1] as id,
         coalesce(substring(encode(bytes, 'escape') from '\\naccount-id: ([^\\n]+)'), '') as "accountId"
       from assertion where type = 'account-key' order by 2, 1`,
    );
  }

  /** The account-keys that expire, as far as they have not expired for long, the soonest first. */
  async endingAccountKeys(limit: number): Promise<EndingAccountKey[]> {
    return await this.database.query<EndingAccountKey>(
      `select id, account_id as "accountId", max(until) as until from (
         select primary_key[1] as id,
           coalesce(substring(encode(bytes, 'escape') from '\naccount-id: ([^\n]+)'), '') as account_id,
           substring(encode(bytes, 'escape') from '\nuntil: ([^\n]+)')::timestamptz as until
         from assertion where type = 'account-key') key
       where until > now() - interval '30 days' group by 1, 2 order by 3, 1 limit $1`,
      [limit],
    );
  }

  /** Adds assertions; existing ones stay unchanged. @returns how many are new */
  async add(tx: EntityManager, assertions: readonly Assertion[]): Promise<number> {
    let added = 0;
    // In the same order everywhere, so that two processes that add the same never wait for each other.
    const inOrder = assertions.toSorted((a, b) => (referenceOf(a) < referenceOf(b) ? -1 : 1));
    for (let at = 0; at < inOrder.length; at += ROWS_AT_ONCE)
      added += (await tx.query<unknown[]>(ADD, columnsOf(inOrder.slice(at, at + ROWS_AT_ONCE)))).length;
    return added;
  }

  /** Blocks other changes until the transaction ends; reading is possible. */
  async lock(tx: EntityManager): Promise<void> {
    await tx.query('lock table assertion in share row exclusive mode');
  }

  /** Every revision of one assertion, the newest first. */
  async findRevisions(tx: EntityManager, type: string, primaryKey: readonly string[]): Promise<Assertion[]> {
    const rows = await tx.query<{ bytes: Buffer }[]>(
      'select bytes from assertion where type = $1 and primary_key = $2 order by assertion_revision desc',
      [type, primaryKey],
    );
    return rows.map(({ bytes }) => decodeAssertion(bytes));
  }

  /** The assertions of any revision whose bytes contain all of these. */
  async findHolding(tx: EntityManager, texts: readonly string[]): Promise<Assertion[]> {
    const rows = await tx.query<{ bytes: Buffer }[]>(
      `select bytes from assertion
       where not exists (select from unnest($1::bytea[]) mark where position(mark in bytes) = 0)
       order by type, primary_key, assertion_revision`,
      [texts.map((text) => Buffer.from(text))],
    );
    return rows.map(({ bytes }) => decodeAssertion(bytes));
  }

  async remove(tx: EntityManager, type: string, primaryKey: readonly string[]): Promise<void> {
    await tx.query('delete from assertion where type = $1 and primary_key = $2', [type, primaryKey]);
  }

  private async askAll<Row extends PlaceRow>(
    places: readonly AssertionPlace[],
    what: string,
  ): Promise<(Row | undefined)[]> {
    const found: (Row | undefined)[] = places.map(() => undefined);
    for (const isSequence of [false, true]) {
      const asked = [...places.entries()].filter(
        // PostgreSQL cannot store a string with NUL. One such key would make the query for all others fail.
        ([, { type, key, point }]) => (point !== undefined) === isSequence && areStorable([type, ...key]),
      );
      if (asked.length === 0) continue;
      const rows = await this.database.query<Row>(ALL_AT(what, isSequence ? BY_SEQUENCE : BY_PRIMARY_KEY), [
        asked.map(([, { type }]) => type),
        asked.map(([, { key }]) => arrayText(key)),
        asked.map(([, { maxFormat }]) => maxFormat),
        asked.map(([, { point }]) => (typeof point === 'number' ? point : null)),
      ]);
      for (const row of rows) found[asked[Number(row.at) - 1]?.[0] ?? -1] = row;
    }
    return found;
  }

  private async findOne(sql: string, parameters: unknown[]): Promise<Assertion | undefined> {
    return (await this.findMany(sql, parameters))[0];
  }

  private async findMany(sql: string, parameters: unknown[]): Promise<Assertion[]> {
    const rows = await this.database.query<{ bytes: Buffer }>(sql, parameters);
    return rows.map(({ bytes }) => decodeAssertion(bytes));
  }
}

function referenceOf({ type, primaryKey }: Assertion): string {
  return [type.name, ...primaryKey].join('/');
}

/** As {@link ADD} takes them: each column of all rows. */
function columnsOf(assertions: readonly Assertion[]): unknown[][] {
  const sequence = <T>(read: (primaryKey: readonly string[]) => T) =>
    assertions.map(({ type, primaryKey }) => (type.sequenceForming ? read(primaryKey) : null));
  return [
    assertions.map(({ type }) => type.name),
    assertions.map(({ primaryKey }) => arrayText(primaryKey)),
    assertions.map(({ assertionRevision }) => assertionRevision),
    assertions.map(({ format }) => format),
    assertions.map(({ authorityId }) => authorityId ?? null),
    assertions.map(({ signKeyId }) => signKeyId),
    sequence((key) => arrayText(key.slice(0, -1))),
    sequence((key) => Number(key.at(-1))),
    assertions.map(({ bytes }) => bytes),
  ];
}
