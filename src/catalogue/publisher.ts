import type { Assertion } from '../assertions/format/assertion.js';
import { headerText } from '../assertions/format/header-text.js';
import type { Publisher } from './snap.js';

/** The publisher of a snap, from its account if the store holds it. */
export function publisherOf(id: string, account: Assertion | undefined): Publisher {
  const validation = headerText(account, 'validation') || 'unproven';
  return {
    id,
    username: headerText(account, 'username') || id,
    displayName: headerText(account, 'display-name') || id,
    // An older value with the same meaning, as in snapd's asserts/account.go.
    validation: validation === 'certified' ? 'verified' : validation,
  };
}
