import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Doer } from './release-record.js';

/** The imports of the catalogue's rows. */
@Injectable()
export class ImportsRepository {
  /** @returns the id of the new import */
  async add(
    tx: EntityManager,
    source: string,
    kind: string,
    bundleCreatedAt: Date | null,
    actor: Doer,
  ): Promise<number> {
    const rows = await tx.query<{ id: string }[]>(
      `insert into import_job (source, kind, bundle_created_at, actor_kind, actor)
       values ($1, $2, $3, $4, $5) returning id`,
      [source, kind, bundleCreatedAt, actor.kind, actor.name],
    );
    return Number(rows[0]?.id);
  }

  /** When a bundle with this creation time first changed the store. */
  async findFirst(tx: EntityManager, bundleCreatedAt: Date): Promise<Date | undefined> {
    const rows = await tx.query<{ first: Date | null }[]>(
      'select min(started_at) as first from import_job where bundle_created_at = $1',
      [bundleCreatedAt],
    );
    return rows[0]?.first ?? undefined;
  }
}
