import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Role } from '../common/domain/role.js';
import { DatabaseService } from '../database/database.service.js';
import { operatorPasswordPlace, operatorTotpPlace } from '../secrets/secret-places.js';
import { SecretsService } from '../secrets/secrets.service.js';
import type { Operator } from './operator.js';

/** An operator with the secrets that signing in needs. */
export interface OperatorSecrets {
  readonly name: string;
  readonly role: Role;
  readonly isDisabled: boolean;
  readonly passwordHash: string | undefined;
  readonly totpSecret: string | undefined;
  /** The step of the last one-time code that was taken. */
  readonly totpStep: number;
}

interface SecretsRow {
  readonly name: string;
  readonly role: Role;
  readonly isDisabled: boolean;
  readonly passwordHash: string | null;
  readonly totpSecret: string | null;
  readonly totpStep: string;
}

const COLUMNS = `name, role, is_disabled as "isDisabled", password_hash is not null as "hasPassword",
  totp_secret is not null as "hasSecondFactor", created_at as "createdAt", issuer, subject`;

/** The table of operators. Secrets are wrapped in it, and in clear here. */
@Injectable()
export class OperatorsRepository {
  constructor(
    private readonly database: DatabaseService,
    private readonly secrets: SecretsService,
  ) {}

  /** Every operator, by name. */
  async findAll(): Promise<Operator[]> {
    return await this.database.query<Operator>(`select ${COLUMNS} from operator order by name collate "C"`);
  }

  async find(tx: EntityManager, name: string): Promise<Operator | undefined> {
    return (await tx.query<Operator[]>(`select ${COLUMNS} from operator where name = $1`, [name]))[0];
  }

  /** The operators with these names, in no order. */
  async findSecrets(names: readonly string[]): Promise<OperatorSecrets[]> {
    await this.secrets.ready();
    const rows = await this.database.query<SecretsRow>(
      `select name, role, is_disabled as "isDisabled", password_hash as "passwordHash", totp_secret as "totpSecret",
         totp_step as "totpStep" from operator where name = any ($1)`,
      [names],
    );
    return rows.map((row) => this.opened(row));
  }

  private opened(row: SecretsRow): OperatorSecrets {
    const { name, passwordHash, totpSecret, totpStep } = row;
    return {
      ...row,
      passwordHash:
        passwordHash === null ? undefined : this.secrets.open(operatorPasswordPlace(name), passwordHash),
      totpSecret: totpSecret === null ? undefined : this.secrets.open(operatorTotpPlace(name), totpSecret),
      totpStep: Number(totpStep),
    };
  }

  /** Holds off other changes of operators until the transaction ends. */
  async lock(tx: EntityManager): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('operators', 0))`);
  }

  /** Names of the admins that are not disabled and have a password of their own in the table. */
  async findAdmins(tx: EntityManager): Promise<Operator[]> {
    return await tx.query<Operator[]>(
      `select ${COLUMNS} from operator where role = 'admin' and not is_disabled`,
    );
  }

  async count(tx: EntityManager): Promise<number> {
    return Number((await tx.query<{ count: string }[]>('select count(*) from operator'))[0]?.count);
  }

  async findByIdentity(tx: EntityManager, issuer: string, subject: string): Promise<Operator | undefined> {
    const sql = `select ${COLUMNS} from operator where issuer = $1 and subject = $2`;
    return (await tx.query<Operator[]>(sql, [issuer, subject]))[0];
  }

  async add(
    tx: EntityManager,
    name: string,
    role: Role,
    identity?: { readonly issuer: string; readonly subject: string },
  ): Promise<void> {
    await tx.query('insert into operator (name, role, issuer, subject) values ($1, $2, $3, $4)', [
      name,
      role,
      identity?.issuer ?? null,
      identity?.subject ?? null,
    ]);
  }

  async update(tx: EntityManager, name: string, role: Role, isDisabled: boolean): Promise<void> {
    await tx.query('update operator set role = $2, is_disabled = $3 where name = $1', [
      name,
      role,
      isDisabled,
    ]);
  }

  async putPassword(tx: EntityManager, name: string, hash: string): Promise<void> {
    const wrap = await this.secrets.wrappingWithin(tx);
    const wrapped = wrap(operatorPasswordPlace(name), hash);
    await tx.query('update operator set password_hash = $2 where name = $1', [name, wrapped]);
  }

  /** @param secret - undefined turns the second factor off */
  async putTotpSecret(tx: EntityManager, name: string, secret: string | undefined): Promise<void> {
    const wrap = await this.secrets.wrappingWithin(tx);
    const wrapped = secret === undefined ? null : wrap(operatorTotpPlace(name), secret);
    await tx.query('update operator set totp_secret = $2, totp_step = 0 where name = $1', [name, wrapped]);
  }

  /** @returns whether the step was not used before */
  async useTotpStep(name: string, step: number): Promise<boolean> {
    const rows = await this.database.query<unknown[]>(
      'with used as (update operator set totp_step = $2 where name = $1 and totp_step < $2 returning name) select from used',
      [name, step],
    );
    return rows.length === 1;
  }

  async delete(tx: EntityManager, name: string): Promise<void> {
    await tx.query('delete from operator where name = $1', [name]);
  }
}
