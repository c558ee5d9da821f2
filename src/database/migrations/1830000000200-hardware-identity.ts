import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Models whose devices prove their hardware, and the serials that were issued to hardware. */
export class HardwareIdentity1830000000200 implements MigrationInterface {
  readonly name = 'HardwareIdentity1830000000200';

  async up(queryRunner: QueryRunner): Promise<void> {
    // The accounts whose hardware-identity assertions are accepted. If empty, devices need no such proof.
    await queryRunner.query(
      `alter table device_model add column hardware_issuers text[] not null default '{}'`,
    );
    await queryRunner.query('alter table issued_serial add column hardware_key_id text');
    await queryRunner.query(
      `create index issued_serial_hardware_key_id_idx on issued_serial (brand_id, model, hardware_key_id)
       where hardware_key_id is not null`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('alter table issued_serial drop column hardware_key_id');
    await queryRunner.query('alter table device_model drop column hardware_issuers');
  }
}
