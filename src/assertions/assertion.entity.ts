import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One revision of one assertion, with the exact signed bytes. Rows are added, never changed. */
@Entity('assertion')
export class AssertionEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'assertion_pkey' })
  type!: string;

  @PrimaryColumn('text', { name: 'primary_key', array: true, primaryKeyConstraintName: 'assertion_pkey' })
  primaryKey!: string[];

  @PrimaryColumn('integer', { name: 'assertion_revision', primaryKeyConstraintName: 'assertion_pkey' })
  assertionRevision!: number;

  @Column('integer')
  format!: number;

  @Column('text', { name: 'authority_id', nullable: true })
  authorityId!: string | null;

  @Column('text', { name: 'sign_key_id' })
  signKeyId!: string;

  @Column('text', { name: 'sequence_key', array: true, nullable: true })
  sequenceKey!: string[] | null;

  @Column('integer', { nullable: true })
  sequence!: number | null;

  @Column('bytea')
  bytes!: Buffer;

  @Column('timestamptz', { name: 'added_at', default: () => 'now()' })
  addedAt!: Date;
}
