import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  `alter table operator add column issuer text, add column subject text,
     add constraint operator_identity_key unique (issuer, subject),
     add constraint operator_identity_check check ((issuer is null) = (subject is null)),
     add constraint operator_without_secrets_check
       check (issuer is null or (password_hash is null and totp_secret is null))`,
  // Hashes of 256 random bits: nothing here helps whoever reads it.
  `create table oidc_sign_in (
    state_hash bytea constraint oidc_sign_in_pkey primary key,
    browser_hash bytea not null,
    address text not null,
    expires_at timestamptz not null
  )`,
  'create index oidc_sign_in_address_idx on oidc_sign_in (address)',
  'create index oidc_sign_in_expires_at_idx on oidc_sign_in (expires_at)',
];

/** Operators that the identity provider of the site knows, and sign-ins there that are not finished. */
export class Oidc1850000023370 implements MigrationInterface {
  readonly name = 'Oidc1850000023370';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table oidc_sign_in');
    await queryRunner.query(
      `alter table operator drop constraint operator_without_secrets_check, drop column issuer, drop column subject`,
    );
  }
}
