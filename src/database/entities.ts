import { AssertionEntity } from '../assertions/assertion.entity.js';
import { SnapRevisionEntity } from '../catalogue/snap-revision.entity.js';
import { SnapEntity } from '../catalogue/snap.entity.js';
import { SettingEntity } from '../settings/setting.entity.js';

/**
 * Every entity of every feature. Listed, not searched for: the released program is one file. The one
 * place where this folder looks up to the features, and it sees no more than their rows.
 */
export const ENTITIES = [AssertionEntity, SettingEntity, SnapEntity, SnapRevisionEntity];
