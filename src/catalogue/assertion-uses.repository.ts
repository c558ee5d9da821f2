import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { AssertionRef } from '../assertions/format/assertion.js';
import { digestFromBase64url } from '../common/crypto/digest.js';

/** A query: its rows have one string each, the name of an item that depends on an assertion. */
type Question = (primaryKey: readonly string[]) => readonly [sql: string, parameters: readonly unknown[]];

const CHANNELS = `select distinct concat_ws('/', track, risk, nullif(branch, '')) || ' (' || architecture || ') of snap ' || s.name
  from channel_current c join snap s using (snap_id) join snap_revision r using (snap_id, revision)`;

/** By the type of assertion. */
const QUESTIONS: Readonly<Record<string, readonly Question[]>> = {
  'snap-declaration': [
    ([, snapId]) => [
      `select 'snap ' || coalesce(nullif(name, ''), snap_id) as name from snap where snap_id = $1`,
      [snapId],
    ],
  ],
  'snap-revision': [
    ([digest = '', provenance]) => [
      `select 'snap ' || s.name || ' revision ' || r.revision as name
       from snap_revision r join snap s using (snap_id) where r.sha3_384 = $1 and r.provenance = $2`,
      [digestFromBase64url(digest), provenance],
    ],
    ([digest = '', provenance]) => [
      `select 'channel ' || name as name from (${CHANNELS} where r.sha3_384 = $1 and r.provenance = $2) t (name)`,
      [digestFromBase64url(digest), provenance],
    ],
  ],
  'snap-resource-revision': [
    ([snapId, name, digest = '', provenance]) => [
      `select 'component ' || s.name || '+' || k.name || ' revision ' || k.revision as name
       from snap_component k join snap s using (snap_id)
       where k.snap_id = $1 and k.name = $2 and k.sha3_384 = $3 and k.provenance = $4`,
      [snapId, name, digestFromBase64url(digest), provenance],
    ],
  ],
  // A pair is used while both are in the store.
  'snap-resource-pair': [
    ([snapId, name, revision, snapRevision]) => [
      `select 'snap ' || s.name || ' revision ' || r.revision || ' with component ' || k.name || ' revision ' || k.revision as name
       from snap s join snap_revision r using (snap_id) join snap_component k using (snap_id)
       where s.snap_id = $1 and k.name = $2 and k.revision = $3 and r.revision = $4`,
      [snapId, name, Number(revision), Number(snapRevision)],
    ],
  ],
};

/** The items of the catalogue that depend on an assertion. */
@Injectable()
export class AssertionUsesRepository {
  /** @returns their names, in the operator's terms */
  async find(tx: EntityManager, { type, primaryKey }: AssertionRef): Promise<string[]> {
    const names: string[] = [];
    for (const question of QUESTIONS[type] ?? []) {
      const [sql, parameters] = question(primaryKey);
      const rows = await tx.query<{ name: string }[]>(`${sql} order by 1`, [...parameters]);
      names.push(...rows.map(({ name }) => name));
    }
    return names;
  }
}
