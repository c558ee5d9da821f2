import { Injectable } from '@nestjs/common';
import { lesserRole, type Role, type Scope } from '../common/domain/role.js';
import { StoreError } from '../common/errors.js';
import { TransactionsService } from '../database/transactions.service.js';
import { AuditService } from './audit/audit.service.js';
import { OperatorsService, type Expectation } from './operators.service.js';
import { isToken, makeToken, MAX_TOKENS, secretDigest, type Token } from './token.js';
import { tokenView } from './token.view.js';
import { TokensRepository, type UsedToken } from './tokens.repository.js';

/** How often the last use of a token is noted, in milliseconds. */
export const TOKEN_USE_NOTED_EVERY_MS = 60_000;

/** A new token. */
export interface NewToken {
  readonly name: string;
  readonly role: Role;
  /** Empty: everything that the role may do. */
  readonly scopes: readonly Scope[];
  /** Whose it is; undefined for one that is made on the machine. */
  readonly operator?: string | undefined;
  /** Undefined: it does not expire. */
  readonly expiresAt?: Date | undefined;
}

/** Keys of machines that manage the store over the network. */
@Injectable()
export class TokensService {
  constructor(
    private readonly repository: TokensRepository,
    private readonly transactions: TransactionsService,
    private readonly operators: OperatorsService,
    private readonly audit: AuditService,
  ) {}

  /** Every token, by name. */
  async list(): Promise<Token[]> {
    return await this.repository.findAll();
  }

  /** @throws StoreError `not-found` */
  async get(name: string): Promise<Token> {
    return await this.transactions.run(async (tx) =>
      found(await this.repository.find(tx, name), 'show', name),
    );
  }

  /**
   * Makes a token.
   *
   * @returns it with its text, which nobody can read again
   * @throws StoreError `conflict` where there is one of that name, or there are {@link MAX_TOKENS}; `not-found` on an
   *   unknown operator, `invalid-request` on an end that is past
   */
  async create({
    name,
    role,
    scopes,
    operator,
    expiresAt,
  }: NewToken): Promise<{ token: Token; text: string }> {
    const refuse = (why: string) => new StoreError('conflict', `cannot create token ${name}: ${why}`);
    if (expiresAt && expiresAt.getTime() <= Date.now())
      throw new StoreError(
        'invalid-request',
        `cannot create token ${name}: its end ${expiresAt.toISOString()} is past`,
        { field: 'expires-at' },
      );
    if (operator !== undefined) await this.operators.get(operator);
    const text = makeToken();
    const token = await this.transactions.run(async (tx) => {
      await this.repository.lock(tx);
      if (await this.repository.find(tx, name)) throw refuse('there is one of that name; revoke it first');
      if ((await this.repository.count(tx)) >= MAX_TOKENS)
        throw refuse(`a store has up to ${MAX_TOKENS} tokens; revoke one first`);
      const row = {
        name,
        role,
        scopes: [...new Set(scopes)],
        operator: operator ?? null,
        expiresAt: expiresAt ?? null,
      };
      await this.repository.add(tx, row, secretDigest(text));
      const made = found(await this.repository.find(tx, name), 'create', name);
      this.audit.record(tx, { action: 'token.create', subject: name, after: tokenView(made) });
      return made;
    });
    return { token, text };
  }

  /** Ends a token at once. @throws StoreError `not-found` */
  async revoke(name: string, expect: Expectation<Token> = () => undefined): Promise<void> {
    await this.transactions.run(async (tx) => {
      await this.repository.lock(tx);
      const token = found(await this.repository.find(tx, name), 'revoke', name);
      expect(token);
      await this.repository.delete(tx, name);
      this.audit.record(tx, { action: 'token.revoke', subject: name, before: tokenView(token) });
    });
  }

  /** Ends every token of an operator at once. */
  async revokeOf(operator: string): Promise<void> {
    await this.transactions.run(async (tx) => {
      await this.repository.lock(tx);
      for (const token of await this.repository.findOf(tx, operator)) {
        await this.repository.delete(tx, token.name);
        this.audit.record(tx, { action: 'token.revoke', subject: token.name, before: tokenView(token) });
      }
    });
  }

  /**
   * The token with a text that somebody sends.
   *
   * @returns undefined where there is none, it has expired, or its operator is disabled
   */
  async use(text: string): Promise<UsedToken | undefined> {
    if (!isToken(text)) return undefined;
    const token = whereValid(await this.repository.findByHash(secretDigest(text)));
    if (!token) return undefined;
    if (Date.now() - (token.lastUsedAt?.getTime() ?? 0) >= TOKEN_USE_NOTED_EVERY_MS)
      await this.repository.noteUse(token.name);
    return token;
  }

  /** As {@link use}, by its name: whether a token that was used before still opens anything. */
  async findValid(name: string): Promise<UsedToken | undefined> {
    return whereValid(await this.repository.findByName(name));
  }
}

function whereValid(token: UsedToken | undefined): UsedToken | undefined {
  if (!token || token.isOperatorDisabled) return undefined;
  return token.expiresAt && token.expiresAt.getTime() <= Date.now() ? undefined : token;
}

/** What a token may do now: no more than its operator. */
export function tokenRoleOf({ role, operatorRole }: UsedToken): Role {
  return operatorRole === null ? role : lesserRole(role, operatorRole);
}

function found(token: Token | undefined, doing: string, name: string): Token {
  if (token) return token;
  throw new StoreError(
    'not-found',
    `cannot ${doing} token ${JSON.stringify(name.slice(0, 80))}: there is none of that name; see \`snap-store-proxy list-tokens\``,
  );
}
