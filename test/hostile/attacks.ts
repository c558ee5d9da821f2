import type { Attack } from './attack.js';
import { NEW_ATTACKS } from './new-attacks.js';
import { REVIEW_ATTACKS } from './review-attacks.js';

/** All attacks. */
export const ATTACKS: readonly Attack[] = [...REVIEW_ATTACKS, ...NEW_ATTACKS];
