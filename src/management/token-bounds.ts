import { isAtLeast } from '../common/domain/role.js';
import { StoreError } from '../common/errors.js';
import type { Principal } from './principal.js';
import type { NewToken } from './tokens.service.js';

/**
 * Nobody makes a token that may do more, or lasts longer, than what it is made with.
 *
 * @param principal - who makes it over the network
 * @returns the token with its owner
 * @throws StoreError `forbidden` naming what is too much
 */
export function boundedBy(
  { name, role, scopes, operator, expiresAt }: Principal,
  wanted: NewToken,
): NewToken {
  const refuse = (field: string, why: string) =>
    new StoreError('forbidden', `cannot create token ${wanted.name}: ${why}`, { field });
  if (!isAtLeast(role, wanted.role)) throw refuse('role', `your role is ${role}`);
  const isWithin = wanted.scopes.length > 0 && wanted.scopes.every((scope) => scopes.includes(scope));
  if (scopes.length > 0 && !isWithin) throw refuse('scopes', `your token is for ${scopes.join(', ')}`);
  if (expiresAt && (wanted.expiresAt?.getTime() ?? Infinity) > expiresAt.getTime())
    throw refuse('expires-at', `your token ends at ${expiresAt.toISOString()}`);
  if (role === 'admin') return { ...wanted, operator: wanted.operator ?? operator };
  if (operator === undefined) throw refuse('operator', `token ${name} has no operator whose it could be`);
  if (wanted.operator !== undefined && wanted.operator !== operator)
    throw refuse('operator', `only an admin creates tokens of others`);
  return { ...wanted, operator };
}
