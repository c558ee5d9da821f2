import type { Role } from '../common/domain/role.js';
import type { Operator } from './operator.js';

/** An operator as JSON. */
export interface OperatorView {
  readonly name: string;
  readonly role: Role;
  readonly disabled: boolean;
  readonly 'has-password': boolean;
  readonly 'second-factor': boolean;
  readonly 'created-at': string;
  readonly issuer: string | null;
  readonly subject: string | null;
}

/** An operator as JSON. */
export function operatorView({
  name,
  role,
  isDisabled,
  hasPassword,
  hasSecondFactor,
  createdAt,
  issuer,
  subject,
}: Operator): OperatorView {
  return {
    name,
    role,
    disabled: isDisabled,
    'has-password': hasPassword,
    'second-factor': hasSecondFactor,
    'created-at': createdAt.toISOString(),
    issuer,
    subject,
  };
}
