import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  // The signing keys of brands: a key of our own (PKCS#8 in PEM), or one that never leaves its token.
  `create table signing_key (
    name text not null,
    key_id text not null,
    public_key text not null,
    private_key text,
    token_id text,
    created_at timestamptz not null default now(),
    constraint signing_key_pkey primary key (name),
    constraint signing_key_key_id_key unique (key_id),
    constraint signing_key_place_check check ((private_key is null) <> (token_id is null))
  )`,

  // The models whose devices can register here. Null: devices need no API key.
  `create table device_model (
    brand_id text not null,
    model text not null,
    api_key text,
    remodel_from text[] not null default '{}',
    created_at timestamptz not null default now(),
    constraint device_model_pkey primary key (brand_id, model)
  )`,

  // Rows are added, never changed. The newest row of a model is valid.
  `create table serial_policy (
    brand_id text not null,
    model text not null,
    policy_revision integer not null,
    key_name text not null,
    created_at timestamptz not null default now(),
    constraint serial_policy_pkey primary key (brand_id, model, policy_revision),
    constraint serial_policy_model_fkey foreign key (brand_id, model) references device_model,
    constraint serial_policy_key_name_fkey foreign key (key_name) references signing_key
  )`,

  // One serial for each device key of a model, and one key for each serial.
  `create table issued_serial (
    brand_id text not null,
    model text not null,
    serial text not null,
    device_key_id text not null,
    issued_at timestamptz not null default now(),
    constraint issued_serial_pkey primary key (brand_id, model, serial),
    constraint issued_serial_device_key_id_key unique (brand_id, model, device_key_id)
  )`,

  // A request-id that was used, with the digest of its request: the same request may be repeated, even days
  // later.
  `create table serial_request (
    request_id text not null,
    request_digest bytea not null
      constraint serial_request_request_digest_check check (octet_length(request_digest) = 48),
    expires_at timestamptz not null,
    constraint serial_request_pkey primary key (request_id)
  )`,
  'create index serial_request_expires_at_idx on serial_request (expires_at)',
];

/** Signing keys of brands, models and their policies, and the serials that were issued here. */
export class Registration1740000000000 implements MigrationInterface {
  readonly name = 'Registration1740000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'drop table serial_request, issued_serial, serial_policy, device_model, signing_key',
    );
  }
}
