import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseService } from '../database/database.service.js';
import { AssertionEntity } from './assertion.entity.js';
import type { Assertion } from './format/assertion.js';
import { decodeAssertion } from './format/decode.js';

/** Which point of a sequence is asked for: one number, or the latest. */
export type SequencePoint = number | 'latest';

/** PostgreSQL takes 65,535 parameters in one statement; a row has nine. */
const ROWS_AT_ONCE = 5_000;

/** The assertion table. What it holds was verified when it was added. */
@Injectable()
export class AssertionsRepository {
  constructor(private readonly database: DatabaseService) {}

  /** The highest assertion revision whose format the asker reads. */
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

  /** The highest assertion revision at one point of a sequence. */
  async findInSequence(
    type: string,
    sequenceKey: readonly string[],
    point: SequencePoint,
    maxFormat: number,
  ): Promise<Assertion | undefined> {
    return await this.findOne(
      `select bytes from assertion where type = $1 and sequence_key = $2 and format <= $3
         and ($4::integer is null or sequence = $4)
       order by sequence desc, assertion_revision desc limit 1`,
      [type, sequenceKey, maxFormat, point === 'latest' ? null : point],
    );
  }

  /** All newest assertions of a type; for the types of which a store holds few. */
  async findAllOfType(type: string): Promise<Assertion[]> {
    return await this.findMany(
      `select distinct on (primary_key) bytes from assertion where type = $1
       order by primary_key, assertion_revision desc`,
      [type],
    );
  }

  /** Adds assertions; one that is already there stays as it is. @returns how many were not there */
  async add(tx: EntityManager, assertions: readonly Assertion[]): Promise<number> {
    let added = 0;
    // In one order everywhere, so that two processes that add the same never wait for each other.
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

  /** Keeps others from adding and removing until the transaction ends; reading goes on. */
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

  /** The assertions of any revision whose bytes hold all of these. */
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
