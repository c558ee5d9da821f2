import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintTransformer } from '../database/bigint-transformer.js';
import type { Epoch } from '../snap-files/snap-yaml.js';

@Entity('snap_revision')
export class SnapRevisionEntity {
  @PrimaryColumn('text', { name: 'snap_id', primaryKeyConstraintName: 'snap_revision_pkey' })
  snapId!: string;

  @PrimaryColumn('integer', { primaryKeyConstraintName: 'snap_revision_pkey' })
  revision!: number;

  @Column('bytea', { name: 'sha3_384' })
  digest!: Buffer;

  @Column('bigint', { name: 'size_bytes', transformer: bigintTransformer })
  sizeBytes!: number;

  @Column('text')
  version!: string;

  @Column('text')
  type!: string;

  @Column('text', { nullable: true })
  base!: string | null;

  @Column('text')
  confinement!: string;

  @Column('jsonb')
  epoch!: Epoch;

  @Column('text', { array: true })
  architectures!: string[];

  @Column('text', { name: 'snap_yaml' })
  snapYaml!: string;

  @Column('text')
  provenance!: string;

  @Column('text', { name: 'common_ids', array: true })
  commonIds!: string[];

  @Column('text', { array: true })
  apps!: string[];

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('bigint', { name: 'import_id', transformer: bigintTransformer })
  importId!: number;
}
