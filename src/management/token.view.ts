import type { Role, Scope } from '../common/domain/role.js';
import type { Token } from './token.js';

/** A token as JSON, without its text. */
export interface TokenView {
  readonly name: string;
  readonly role: Role;
  readonly scopes: readonly Scope[];
  readonly operator: string | null;
  readonly 'created-at': string;
  readonly 'expires-at': string | null;
  readonly 'last-used-at': string | null;
}

/** A token as JSON, without its text. */
export function tokenView({
  name,
  role,
  scopes,
  operator,
  createdAt,
  expiresAt,
  lastUsedAt,
}: Token): TokenView {
  return {
    name,
    role,
    scopes,
    operator,
    'created-at': createdAt.toISOString(),
    'expires-at': expiresAt?.toISOString() ?? null,
    'last-used-at': lastUsedAt?.toISOString() ?? null,
  };
}
