import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  // A nonce is kept from its first use until it expires, with the digest of its request, so that the same
  // request may be repeated.
  `create table device_session_nonce (
    nonce text not null,
    request_digest bytea not null
      constraint device_session_nonce_request_digest_check check (octet_length(request_digest) = 48),
    expires_at timestamptz not null,
    constraint device_session_nonce_pkey primary key (nonce)
  )`,
  `create index device_session_nonce_expires_at_idx on device_session_nonce (expires_at)`,

  `create table device (
    brand_id text not null,
    model text not null,
    serial text not null,
    serial_trust text not null
      constraint device_serial_trust_check check (serial_trust in ('own', 'known-brand', 'unknown')),
    snapd_version text,
    snaps jsonb,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    constraint device_pkey primary key (brand_id, model, serial)
  )`,
];

/** Devices that have authenticated, and the nonces that they used. */
export class Devices1710000100000 implements MigrationInterface {
  readonly name = 'Devices1710000100000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table device, device_session_nonce');
  }
}
