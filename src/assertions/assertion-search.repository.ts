import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';
import type { Assertion } from './format/assertion.js';
import { decodeAssertion } from './format/decode.js';

/** A part of the assertions of a type that is asked for. */
export interface AssertionSearch {
  readonly type: string;
  readonly texts: readonly string[];
  /** The primary key that it begins after; undefined for the first. */
  readonly after: readonly string[] | undefined;
  /** The most that are returned. */
  readonly limit: number;
  /** The most that are looked at. */
  readonly searched: number;
}

export interface AssertionPart {
  readonly assertions: readonly Assertion[];
  /** The last primary key that was looked at; undefined if there is none after it. */
  readonly searchedTo: readonly string[] | undefined;
}

/** Searches in the table of assertions. */
@Injectable()
export class AssertionSearchRepository {
  constructor(private readonly database: DatabaseService) {}

  /**
   * A part of the assertions of a type, the newest revision of each, by primary key.
   *
   * @param texts - what their bytes must contain
   */
  async find({ type, texts, after, limit, searched }: AssertionSearch): Promise<AssertionPart> {
    const rows = await this.database.query<{ bytes: Buffer | null; last: string[] | null; seen: number }>(
      `with newest as materialized (
         select distinct on (primary_key) primary_key, bytes from assertion
         where type = $1 and ($2::text[] is null or primary_key > $2::text[])
         order by primary_key, assertion_revision desc limit $3)
       select found.bytes, scan.last, scan.seen
       from (select max(primary_key) as last, count(*)::int as seen from newest) scan
       left join lateral (
         select primary_key, bytes from newest
         where not exists (select from unnest($4::bytea[]) mark where position(mark in newest.bytes) = 0)
         order by primary_key limit $5) found on true
       order by found.primary_key`,
      [type, after ?? null, searched, texts.map((text) => Buffer.from(text)), limit],
    );
    const [first] = rows;
    return {
      assertions: rows.flatMap(({ bytes }) => (bytes === null ? [] : [decodeAssertion(bytes)])),
      searchedTo: first && first.last && first.seen >= searched ? first.last : undefined,
    };
  }
}
