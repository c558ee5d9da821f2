import { isAtLeast, type Role, type Scope } from '../common/domain/role.js';
import { FIRST_OPERATOR } from './operator.js';

/** Who asks over the network, and what they may do. */
export interface Principal {
  readonly kind: 'operator' | 'token';
  /** Of the operator or the token. */
  readonly name: string;
  /** Whose rights they are; undefined for a token that has no operator. */
  readonly operator: string | undefined;
  readonly role: Role;
  /** Empty: everything that the role may do. */
  readonly scopes: readonly Scope[];
  /** Of a token that expires. */
  readonly expiresAt?: Date | undefined;
  /** The session that the cookie names. */
  readonly session?: { readonly id: number; readonly secret: string } | undefined;
}

/** What a route needs. */
export interface Access {
  readonly role: Role;
  /** Undefined: a token of any scope may. */
  readonly scope?: Scope | undefined;
}

/** @returns why it may not; undefined where it may */
export function whyNotAllowed({ kind, name, role, scopes }: Principal, needed: Access): string | undefined {
  if (!isAtLeast(role, needed.role))
    return `${kind} ${name} has role ${role}, and role ${needed.role} is needed`;
  if (needed.scope === undefined || scopes.length === 0 || scopes.includes(needed.scope)) return undefined;
  return `${kind} ${name} is for ${scopes.join(', ')}, and scope ${needed.scope} is needed`;
}

/** Whose something is that outlives its request. Operators and tokens may have the same names. */
export function principalKey({ kind, name }: Pick<Principal, 'kind' | 'name'>): string {
  return `${kind} ${name}`;
}

/** How a line of the log names them. */
export function principalText({ kind, name }: Principal): string {
  if (kind === 'token') return `token ${name}`;
  return name === FIRST_OPERATOR ? 'the management password' : `operator ${name}`;
}
