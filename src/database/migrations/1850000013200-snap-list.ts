import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  // The orders of the list of snaps. A page starts in the index, and reads no more rows than it shows.
  `create index snap_name_order_idx on snap (name collate "C") where name <> ''`,
  `create index snap_updated_order_idx on snap (updated_at, name collate "C") where name <> ''`,
];

/** The orders in which operators list snaps. */
export class SnapList1850000013200 implements MigrationInterface {
  readonly name = 'SnapList1850000013200';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop index snap_updated_order_idx, snap_name_order_idx');
  }
}
