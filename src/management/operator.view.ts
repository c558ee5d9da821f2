import type { Operator } from './operator.js';

/** An operator as JSON. */
export function operatorView({
  name,
  role,
  isDisabled,
  hasPassword,
  hasSecondFactor,
  createdAt,
}: Operator): object {
  return {
    name,
    role,
    disabled: isDisabled,
    'has-password': hasPassword,
    'second-factor': hasSecondFactor,
    'created-at': createdAt.toISOString(),
  };
}
