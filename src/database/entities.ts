import { AssertionEntity } from '../assertions/assertion.entity.js';
import { SnapRevisionEntity } from '../catalogue/snap-revision.entity.js';
import { SnapEntity } from '../catalogue/snap.entity.js';
import { SettingEntity } from '../settings/setting.entity.js';

/**
 * Every entity of every module. It is a list, not a search, because the released program is one file. Only here
 * does this module import from modules above it, and only their rows.
 */
export const ENTITIES = [AssertionEntity, SettingEntity, SnapEntity, SnapRevisionEntity];
