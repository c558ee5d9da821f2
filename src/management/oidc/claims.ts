import { createHash } from 'node:crypto';
import { isAtLeast, type Role } from '../../common/domain/role.js';
import { isOperatorName, MAX_OPERATOR_NAME_LENGTH } from '../operator.js';

type Claims = Readonly<Record<string, unknown>>;

/** Values of one claim that are looked at. */
export const MAX_CLAIM_VALUES = 10_000;

/** Longest `sub`. OpenID Connect Core 1.0, section 2 */
export const MAX_SUBJECT_LENGTH = 255;

function isObject(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The claim of a name, or else of a path through objects: `realm_access.roles`. */
function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let at: unknown = claims;
  for (const name of path.split('.')) at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  return at;
}

/**
 * The role that a claim gives.
 *
 * @param roles - what its values stand for
 * @returns the highest of several; undefined where no value stands for one
 */
export function roleOfClaims(
  claims: Claims,
  claim: string,
  roles: ReadonlyMap<string, Role>,
): Role | undefined {
  const said = claimAt(claims, claim);
  const values: readonly unknown[] = Array.isArray(said) ? said.slice(0, MAX_CLAIM_VALUES) : [said];
  let best: Role | undefined;
  for (const value of values) {
    const role = typeof value === 'string' ? roles.get(value) : undefined;
    if (role && (best === undefined || isAtLeast(role, best))) best = role;
  }
  return best;
}

/** What somebody could be called here, the best name first; the last one is always a name, and nobody else's. */
export function namesOfClaims(claims: Claims & { readonly iss: string; readonly sub: string }): string[] {
  const said = [claims['preferred_username'], claims['email'], claims.sub]
    .map((name) => (typeof name === 'string' ? name.toLowerCase() : ''))
    .filter((name) => name.length <= MAX_OPERATOR_NAME_LENGTH && isOperatorName(name));
  const digest = createHash('sha256')
    .update(JSON.stringify([claims.iss, claims.sub]))
    .digest('hex');
  return [...said, `oidc-${digest.slice(0, 16)}`];
}
