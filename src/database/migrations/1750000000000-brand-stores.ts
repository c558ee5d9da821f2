import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  // Stores that models name. Devices of a store also get the snaps of its parent.
  `create table store (
    store_id text not null,
    brand_id text not null,
    parent_id text,
    added_at timestamptz not null default now(),
    constraint store_pkey primary key (store_id),
    constraint store_parent_id_fkey foreign key (parent_id) references store (store_id),
    constraint store_parent_id_check check (parent_id <> store_id)
  )`,
  // Null: available to every device. A private snap is not listed, and belongs to a store.
  `alter table snap
    add column store_id text constraint snap_store_id_fkey references store (store_id),
    add constraint snap_visibility_check check (visibility = 'public'
      or (visibility = 'private' and store_id is not null))`,
  'create index snap_store_id_idx on snap (store_id) where store_id is not null',
];

const DOWN = [
  'alter table snap drop constraint snap_visibility_check, drop column store_id',
  'drop table store',
];

/** Brand stores, and the snaps that belong to them. */
export class BrandStores1750000000000 implements MigrationInterface {
  readonly name = 'BrandStores1750000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}
