import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  // Null: the program's default.
  `alter table device_model add column max_serials integer
     constraint device_model_max_serials_check check (max_serials > 0)`,

  // Whose request it is: a device key has one at a time. Null: the row is older than this column, and stays
  // until it expires.
  `alter table serial_request add column brand_id text, add column model text, add column device_key_id text`,
  `create index serial_request_device_key_id_idx on serial_request (brand_id, model, device_key_id)`,

  // The address at which the device was last seen: each address has a share of the unverified devices.
  `alter table device add column seen_from text`,
  `create index device_unknown_seen_from_idx on device (seen_from, last_seen_at) where serial_trust = 'unknown'`,
];

/** Limits the rows that devices can cause. */
export class DeviceLimits1820000000100 implements MigrationInterface {
  readonly name = 'DeviceLimits1820000000100';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('alter table device drop column seen_from');
    await queryRunner.query(
      'alter table serial_request drop column brand_id, drop column model, drop column device_key_id',
    );
    await queryRunner.query('alter table device_model drop column max_serials');
  }
}
