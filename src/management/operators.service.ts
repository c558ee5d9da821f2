import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { checkNewPassword, hashPassword } from '../common/crypto/password.js';
import type { Role } from '../common/domain/role.js';
import { StoreError } from '../common/errors.js';
import { TransactionsService } from '../database/transactions.service.js';
import { SettingsService } from '../settings/settings.service.js';
import { AuditService } from './audit/audit.service.js';
import { GATEWAY_HASH } from './gateway-hash.settings.js';
import { FIRST_OPERATOR, isOperatorName, MAX_OPERATORS, type Operator } from './operator.js';
import { operatorView } from './operator.view.js';
import { OperatorsRepository, type OperatorSecrets } from './operators.repository.js';

/** A new operator. */
export interface NewOperator {
  readonly name: string;
  readonly role: Role;
  /** Without one, the operator can use tokens alone until `set-operator` sets one. */
  readonly password?: string | undefined;
}

/** What is changed of an operator; what is left out stays. */
export interface OperatorChange {
  readonly role?: Role | undefined;
  readonly password?: string | undefined;
  readonly isDisabled?: boolean | undefined;
  /** The secret of one-time codes; `null` turns them off. */
  readonly totpSecret?: string | null | undefined;
}

/** Refuses a change of something that is not as its caller thinks. */
export type Expectation<T> = (present: T) => void;

/** Who may manage the store over the network. */
@Injectable()
export class OperatorsService {
  constructor(
    private readonly repository: OperatorsRepository,
    private readonly transactions: TransactionsService,
    private readonly settings: SettingsService,
    private readonly audit: AuditService,
  ) {}

  /** Every operator, by name. */
  async list(): Promise<Operator[]> {
    const hasFirst = await this.hasManagementPassword();
    return (await this.repository.findAll()).map((operator) => withPassword(operator, hasFirst));
  }

  /** @throws StoreError `not-found` */
  async get(name: string): Promise<Operator> {
    const hasFirst = await this.hasManagementPassword();
    return await this.transactions.run((tx) => this.read(tx, 'show', name, hasFirst));
  }

  /** An operator with what signing in needs; undefined where there is none of that name. */
  async findSecrets(name: string): Promise<OperatorSecrets | undefined> {
    return (await this.findEach([name]))[0];
  }

  /** The operator of that name who has a password; otherwise the first operator. */
  async findNamedOrFirst(name: string): Promise<OperatorSecrets | undefined> {
    const found = await this.findEach(isOperatorName(name) ? [name, FIRST_OPERATOR] : [FIRST_OPERATOR]);
    const named = found.find((operator) => operator.name === name && operator.passwordHash !== undefined);
    return named ?? found.find((operator) => operator.name === FIRST_OPERATOR);
  }

  /**
   * Adds an operator.
   *
   * @throws StoreError `conflict` where there is one of that name, or there are {@link MAX_OPERATORS};
   *   `invalid-request` on a password that cannot be used
   */
  async add({ name, role, password }: NewOperator): Promise<Operator> {
    const refuse = (why: string) => new StoreError('conflict', `cannot add operator ${name}: ${why}`);
    const hash = await this.hashOf(password);
    return await this.transactions.run(async (tx) => {
      await this.repository.lock(tx);
      if (await this.repository.find(tx, name)) throw refuse('there is one of that name; see `set-operator`');
      if ((await this.repository.count(tx)) >= MAX_OPERATORS)
        throw refuse(`a store has up to ${MAX_OPERATORS} operators; remove one first`);
      await this.repository.add(tx, name, role);
      if (hash !== undefined) await this.repository.putPassword(tx, name, hash);
      const added = await this.read(tx, 'add', name, false);
      this.audit.record(tx, { action: 'operator.add', subject: name, after: operatorView(added) });
      return added;
    });
  }

  /**
   * Changes an operator. Sessions end where the password changes or the operator is disabled.
   *
   * @param expect - sees the operator before the change, and may refuse it
   * @throws StoreError `not-found` where there is none, `conflict` where no admin would be left
   */
  async change(
    name: string,
    change: OperatorChange,
    expect: Expectation<Operator> = () => undefined,
  ): Promise<Operator> {
    const hash = await this.hashOf(change.password);
    const hasFirst = await this.hasManagementPassword();
    const changed = await this.transactions.run(async (tx) => {
      await this.repository.lock(tx);
      const before = await this.read(tx, 'change', name, hasFirst);
      expect(before);
      checkIdentity(before, change);
      const { role = before.role, isDisabled = before.isDisabled, totpSecret } = change;
      if (name === FIRST_OPERATOR && role !== 'admin')
        throw new StoreError(
          'conflict',
          `cannot change operator ${name}: it is always an admin; disable it instead`,
        );
      await this.repository.update(tx, name, role, isDisabled);
      if (hash !== undefined) await this.putPassword(tx, name, hash);
      if (totpSecret !== undefined) await this.repository.putTotpSecret(tx, name, totpSecret ?? undefined);
      await this.checkAdmins(tx, 'change', before, hasFirst);
      const hasPassword = hasFirst || (name === FIRST_OPERATOR && hash !== undefined);
      const after = await this.read(tx, 'change', name, hasPassword);
      this.audit.record(tx, {
        action: 'operator.change',
        subject: name,
        before: operatorView(before),
        after: { ...operatorView(after), ...(hash !== undefined && { password: 'changed' }) },
      });
      return after;
    });
    this.settings.forget();
    return changed;
  }

  /**
   * Removes an operator, with its sessions and tokens.
   *
   * @throws StoreError `not-found` where there is none, `conflict` where it is the last admin, or the first operator
   */
  async remove(name: string, expect: Expectation<Operator> = () => undefined): Promise<void> {
    const hasFirst = await this.hasManagementPassword();
    await this.transactions.run(async (tx) => {
      await this.repository.lock(tx);
      const before = await this.read(tx, 'remove', name, hasFirst);
      expect(before);
      if (name === FIRST_OPERATOR)
        throw new StoreError(
          'conflict',
          `cannot remove operator ${name}: its password is the management password; disable it with \`set-operator ${name} --disable\``,
        );
      await this.repository.delete(tx, name);
      await this.checkAdmins(tx, 'remove', before, hasFirst);
      this.audit.record(tx, { action: 'operator.remove', subject: name, before: operatorView(before) });
    });
  }

  /** Uses up a one-time code. @returns whether it was not used before */
  async useTotpStep(name: string, step: number): Promise<boolean> {
    return await this.repository.useTotpStep(name, step);
  }

  private async findEach(names: readonly string[]): Promise<OperatorSecrets[]> {
    const found = await this.repository.findSecrets(names);
    if (!found.some(({ name }) => name === FIRST_OPERATOR)) return found;
    const passwordHash = await this.settings.find(GATEWAY_HASH);
    return found.map((one) => (one.name === FIRST_OPERATOR ? { ...one, passwordHash } : one));
  }

  private async putPassword(tx: EntityManager, name: string, hash: string): Promise<void> {
    if (name === FIRST_OPERATOR) await this.settings.recordWithin(tx, [[GATEWAY_HASH, hash]]);
    else await this.repository.putPassword(tx, name, hash);
  }

  private async read(tx: EntityManager, doing: string, name: string, hasFirst: boolean): Promise<Operator> {
    const operator = await this.repository.find(tx, name);
    if (operator) return withPassword(operator, hasFirst);
    throw new StoreError(
      'not-found',
      `cannot ${doing} operator ${JSON.stringify(name.slice(0, 80))}: there is none of that name; see \`snap-store-proxy list-operators\``,
    );
  }

  /** A store that had somebody who could change everything keeps one. */
  private async checkAdmins(
    tx: EntityManager,
    doing: string,
    before: Operator,
    hasFirst: boolean,
  ): Promise<void> {
    const wasAdmin = before.role === 'admin' && !before.isDisabled && before.hasPassword;
    if (!wasAdmin) return;
    const admins = (await this.repository.findAdmins(tx)).map((operator) => withPassword(operator, hasFirst));
    if (admins.some(({ hasPassword }) => hasPassword)) return;
    throw new StoreError(
      'conflict',
      `cannot ${doing} operator ${before.name}: no admin with a password would be left; add another one first`,
    );
  }

  private async hasManagementPassword(): Promise<boolean> {
    return (await this.settings.find(GATEWAY_HASH)) !== undefined;
  }

  private async hashOf(password: string | undefined): Promise<string | undefined> {
    if (password === undefined) return undefined;
    checkNewPassword(password, 'password');
    return await hashPassword(password);
  }
}

/** What the identity provider decides is not decided here. */
function checkIdentity(operator: Operator, { role, password, totpSecret }: OperatorChange): void {
  if (operator.issuer === null) return;
  const refuse = (why: string) =>
    new StoreError('conflict', `cannot change operator ${operator.name}: ${why}`);
  if (password !== undefined || (totpSecret ?? null) !== null)
    throw refuse(`it signs in at ${operator.issuer}, and has no password and no second factor here`);
  if (role !== undefined && role !== operator.role)
    throw refuse(`${operator.issuer} decides about its role; it can be disabled here`);
}

function withPassword(operator: Operator, hasFirst: boolean): Operator {
  return operator.name === FIRST_OPERATOR ? { ...operator, hasPassword: hasFirst } : operator;
}
