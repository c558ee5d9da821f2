import { STORE_ID_FORM } from '../../../common/domain/words.js';
import type { HeaderMap } from '../assertion.js';
import { readTexts } from '../header-checks.js';
import { ACCOUNT_ID } from './patterns.js';

const BRAND_AND_MODEL = /^(?:[a-z0-9A-Z]{32}|[-a-z0-9]{2,28})\/[a-zA-Z0-9](?:-?[a-zA-Z0-9])*$/;

/** The constraints that select devices. */
export const DEVICE_SCOPES = ['on-store', 'on-brand', 'on-model'];

/** @see snapcore/snapd: asserts/constraint.go, compileDeviceScopeConstraint */
export function checkDeviceScope(map: HeaderMap, of: string): void {
  readTexts(map, 'on-store', STORE_ID_FORM, of);
  readTexts(map, 'on-brand', ACCOUNT_ID, of);
  readTexts(map, 'on-model', BRAND_AND_MODEL, of);
}
