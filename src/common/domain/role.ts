import { StoreError } from '../errors.js';

/** From the least to the most: each may do what those before it may. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;

/** What somebody may do: a viewer reads, an operator decides what devices get, an admin does everything. */
export type Role = (typeof ROLES)[number];

/** What a token is for, where it is not for everything that its role may do. */
export const SCOPES = ['read', 'import', 'release', 'group', 'setting', 'operator', 'audit'] as const;

export type Scope = (typeof SCOPES)[number];

/** Whether a role may do what another one is needed for. */
export function isAtLeast(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** The one of two roles that may do less. */
export function lesserRole(one: Role, other: Role): Role {
  return isAtLeast(one, other) ? other : one;
}

/** @throws StoreError `invalid-request` on a word that is no role */
export function parseRole(word: string): Role {
  return parseOne('role', ROLES, word);
}

/** @throws StoreError `invalid-request` on a word that is no scope */
export function parseScope(word: string): Scope {
  return parseOne('scope', SCOPES, word);
}

function parseOne<T extends string>(what: string, known: readonly T[], word: string): T {
  const found = known.find((one) => one === word);
  if (found !== undefined) return found;
  throw new StoreError(
    'invalid-request',
    `cannot use ${what} ${JSON.stringify(word.slice(0, 80))}: give ${known.slice(0, -1).join(', ')} or ${known.at(-1)}`,
    { field: what },
  );
}
