import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Pacer } from '../common/pacer.js';
import { areStorable } from '../common/storable-text.js';
import { DatabaseService } from '../database/database.service.js';
import { AssertionEntity } from './assertion.entity.js';
import type { Assertion } from './format/assertion.js';
import { decodeAssertion } from './format/decode.js';

/** The requested point of a sequence: one number, or the latest. */
export type SequencePoint = number | 'latest';

/** One of several assertions that are requested together. */
export interface AssertionPlace {
  readonly type: string;
  /** The primary key, or the sequence key if there is a point. */
  readonly key: readonly string[];
  readonly point?: SequencePoint | undefined;
  readonly maxFormat: number;
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

/** PostgreSQL accepts 65,535 parameters in one statement; a row has nine. */
const ROWS_AT_ONCE = 5_000;

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

  /** Adds assertions; existing ones stay unchanged. @returns how many are new */
  async add(tx: EntityManager, assertions: readonly Assertion[]): Promise<number> {
    let added = 0;
    // In the same order everywhere, so that two processes that add the same never wait for each other.
    const rows = assertions.map(toRow).toSorted((a, b) => (reference(a) < reference(b) ? -1 : 1));
    for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
      const slice = rows.slice(at, at + ROWS_AT_ONCE);
      const inserted = await tx
        .createQueryBuilder()
        .insert()
        .into(AssertionEntity)
        .values(slice)
        .orIgnore()
        .returning('type')
        .execute();
      added += (inserted.raw as unknown[]).length;
    }
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

function reference({ type, primaryKey }: Pick<AssertionEntity, 'type' | 'primaryKey'>): string {
  return [type, ...primaryKey].join('/');
}

function toRow(assertion: Assertion): Omit<AssertionEntity, 'addedAt'> {
  const { type, primaryKey } = assertion;
  return {
    type: type.name,
    primaryKey: [...primaryKey],
    assertionRevision: assertion.assertionRevision,
    format: assertion.format,
    authorityId: assertion.authorityId ?? null,
    signKeyId: assertion.signKeyId,
    sequenceKey: type.sequenceForming ? primaryKey.slice(0, -1) : null,
    sequence: type.sequenceForming ? Number(primaryKey.at(-1)) : null,
    bytes: assertion.bytes,
  };
}
