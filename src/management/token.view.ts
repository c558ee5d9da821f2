import type { Token } from './token.js';

/** A token as JSON, without its text. */
export function tokenView({ name, role, scopes, operator, createdAt, expiresAt, lastUsedAt }: Token): object {
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
