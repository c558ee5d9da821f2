import type { Assertion } from '../assertions/format/assertion.js';
import { headerText } from '../assertions/format/header-text.js';
import type { Publisher } from './snap.js';

/** Who published a snap, by the account where the store holds it. */
export function publisherOf(id: string, account: Assertion | undefined): Publisher {
  const validation = headerText(account, 'validation') || 'unproven';
  return {
    id,
    username: headerText(account, 'username') || id,
    displayName: headerText(account, 'display-name') || id,
    // The older word for it: snapd's asserts/account.go reads it so too.
    validation: validation === 'certified' ? 'verified' : validation,
  };
}
