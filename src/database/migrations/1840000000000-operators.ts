import type { MigrationInterface, QueryRunner } from 'typeorm';

const ROLE = `check (role in ('viewer', 'operator', 'admin'))`;

const UP = [
  // Secrets are wrapped. The password of `admin` is the setting internal.airgap.gateway-hash.
  `create table operator (
    name text constraint operator_pkey primary key,
    role text not null constraint operator_role_check ${ROLE},
    password_hash text,
    totp_secret text,
    totp_step bigint not null default 0,
    is_disabled boolean not null default false,
    created_at timestamptz not null default now()
  )`,
  `insert into operator (name, role) values ('admin', 'admin')`,
  `create table api_token (
    name text constraint api_token_pkey primary key,
    hash bytea not null constraint api_token_hash_key unique,
    role text not null constraint api_token_role_check ${ROLE},
    scopes text[] not null,
    operator text constraint api_token_operator_fkey references operator (name) on delete cascade,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    last_used_at timestamptz
  )`,
  'create index api_token_operator_idx on api_token (operator)',
  `create table operator_session (
    id bigint generated always as identity constraint operator_session_pkey primary key,
    hash bytea not null constraint operator_session_hash_key unique,
    operator text not null constraint operator_session_operator_fkey references operator (name) on delete cascade,
    password_tag bytea not null,
    address text not null,
    user_agent text not null,
    created_at timestamptz not null default now(),
    last_used_at timestamptz not null default now(),
    expires_at timestamptz not null
  )`,
  'create index operator_session_operator_idx on operator_session (operator, id)',
  'create index operator_session_expires_at_idx on operator_session (expires_at)',
  `create table sign_in_failure (
    kind text not null constraint sign_in_failure_kind_check check (kind in ('account', 'address')),
    subject text not null,
    wrong integer not null,
    paused_until timestamptz not null,
    constraint sign_in_failure_pkey primary key (kind, subject)
  )`,
  'create index sign_in_failure_paused_until_idx on sign_in_failure (kind, paused_until)',
  `create table sign_in_address (
    operator text not null constraint sign_in_address_operator_fkey references operator (name) on delete cascade,
    address text not null,
    last_used_at timestamptz not null default now(),
    constraint sign_in_address_pkey primary key (operator, address)
  )`,
];

/** Who may manage the store over the network, with which tokens, and who guesses. */
export class Operators1840000000000 implements MigrationInterface {
  readonly name = 'Operators1840000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'drop table sign_in_address, sign_in_failure, operator_session, api_token, operator',
    );
  }
}
