import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { SnapMedia } from '../snap-files/picture.js';
import type { SnapCategory } from './snap.js';

@Entity('snap')
export class SnapEntity {
  @PrimaryColumn('text', { name: 'snap_id', primaryKeyConstraintName: 'snap_pkey' })
  snapId!: string;

  @Index('snap_name_key', { unique: true, where: "name <> ''" })
  @Column('text')
  name!: string;

  @Column('text', { name: 'publisher_id' })
  publisherId!: string;

  @Column('text')
  type!: string;

  @Column('text')
  title!: string;

  @Column('text')
  summary!: string;

  @Column('text')
  description!: string;

  @Column('text', { nullable: true })
  license!: string | null;

  @Column('text', { nullable: true })
  contact!: string | null;

  @Column('text', { nullable: true })
  website!: string | null;

  @Column('text', { name: 'store_url', nullable: true })
  storeUrl!: string | null;

  @Column('jsonb')
  links!: Record<string, string[]>;

  @Column('jsonb')
  media!: SnapMedia[];

  @Column('jsonb')
  categories!: SnapCategory[];

  @Column('jsonb', { name: 'chosen_categories', nullable: true })
  chosenCategories!: SnapCategory[] | null;

  @Column('text', { name: 'default_track', nullable: true })
  defaultTrack!: string | null;

  @Column('text', { name: 'chosen_default_track', nullable: true })
  chosenDefaultTrack!: string | null;
}
