import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  `create table assertion (
    type text not null,
    primary_key text[] not null,
    assertion_revision integer not null
      constraint assertion_assertion_revision_check check (assertion_revision >= 0),
    format integer not null constraint assertion_format_check check (format >= 0),
    authority_id text,
    sign_key_id text not null,
    sequence_key text[],
    sequence integer,
    bytes bytea not null,
    added_at timestamptz not null default now(),
    constraint assertion_pkey primary key (type, primary_key, assertion_revision)
  )`,
  `create index assertion_sequence_idx on assertion (type, sequence_key, sequence)
    where sequence is not null`,

  // A digest is 48 bytes: SHA3-384.
  `create table blob (
    sha3_384 bytea not null constraint blob_sha3_384_check check (octet_length(sha3_384) = 48),
    size_bytes bigint not null constraint blob_size_bytes_check check (size_bytes > 0),
    created_at timestamptz not null default now(),
    constraint blob_pkey primary key (sha3_384)
  )`,

  `create table snap (
    snap_id text not null,
    name text not null,
    publisher_id text not null,
    type text not null,
    title text not null,
    summary text not null,
    description text not null,
    license text,
    contact text,
    website text,
    links jsonb not null default '{}',
    media jsonb not null default '[]',
    categories jsonb not null default '[]',
    store_url text,
    visibility text not null default 'public',
    default_track text,
    updated_at timestamptz not null default now(),
    constraint snap_pkey primary key (snap_id)
  )`,
  // A snap has no name if its declaration gave the name up. Any number of snaps may have no name.
  `create unique index snap_name_key on snap (name) where name <> ''`,

  `create table import_job (
    id bigint generated always as identity,
    source text not null,
    kind text not null,
    bundle_created_at timestamptz,
    started_at timestamptz not null default now(),
    constraint import_job_pkey primary key (id)
  )`,

  `create table snap_revision (
    snap_id text not null,
    revision integer not null constraint snap_revision_revision_check check (revision > 0),
    sha3_384 bytea not null,
    version text not null,
    type text not null,
    base text,
    confinement text not null,
    epoch jsonb not null,
    architectures text[] not null,
    snap_yaml text not null,
    size_bytes bigint not null constraint snap_revision_size_bytes_check check (size_bytes > 0),
    provenance text not null default 'global-upload',
    common_ids text[] not null default '{}',
    apps text[] not null default '{}',
    created_at timestamptz not null,
    import_id bigint not null,
    added_at timestamptz not null default now(),
    constraint snap_revision_pkey primary key (snap_id, revision),
    constraint snap_revision_snap_id_fkey foreign key (snap_id) references snap (snap_id),
    constraint snap_revision_sha3_384_fkey foreign key (sha3_384) references blob (sha3_384),
    constraint snap_revision_import_id_fkey foreign key (import_id) references import_job (id)
  )`,
  `create index snap_revision_sha3_384_idx on snap_revision (sha3_384)`,

  // Rows are added, never changed. The newest row of a channel is valid; a row without a revision closes the
  // channel.
  `create table channel_release (
    id bigint generated always as identity,
    snap_id text not null,
    architecture text not null,
    track text not null,
    risk text not null
      constraint channel_release_risk_check check (risk in ('stable', 'candidate', 'beta', 'edge')),
    branch text not null default '',
    revision integer,
    released_at timestamptz not null,
    import_id bigint,
    added_at timestamptz not null default now(),
    constraint channel_release_pkey primary key (id),
    constraint channel_release_snap_id_fkey foreign key (snap_id) references snap (snap_id),
    constraint channel_release_revision_fkey foreign key (snap_id, revision)
      references snap_revision (snap_id, revision),
    constraint channel_release_import_id_fkey foreign key (import_id) references import_job (id)
  )`,
  `create index channel_release_channel_idx
    on channel_release (snap_id, architecture, track, risk, branch, id desc)`,
  `create view channel_current as
    select distinct on (snap_id, architecture, track, risk, branch)
      id, snap_id, architecture, track, risk, branch, revision, released_at, import_id, added_at
    from channel_release
    order by snap_id, architecture, track, risk, branch, id desc`,

  `create table setting (
    key text not null,
    value jsonb not null,
    updated_at timestamptz not null default now(),
    constraint setting_pkey primary key (key)
  )`,
];

const DOWN = [
  'drop view channel_current',
  'drop table setting, channel_release, snap_revision, import_job, snap, blob, assertion',
];

/** The tables of assertions, files, snaps, channels, imports and settings. */
export class Initial1700000000000 implements MigrationInterface {
  readonly name = 'Initial1700000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}
