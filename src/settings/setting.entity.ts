import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A setting shared by all units. */
@Entity('setting')
export class SettingEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'setting_pkey' })
  key!: string;

  @Column('jsonb')
  value!: string;

  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;
}
