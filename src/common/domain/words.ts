/** The only series. snapcore/snapd: release/release.go, Series */
export const SERIES = '16';

/**
 * The largest `integer` of PostgreSQL, and so the largest revision, sequence, format or count. snapd supports
 * up to 2^63 in headers, but no number is near either.
 */
export const MAX_INTEGER = 2_147_483_647;

/** The default provenance. snapcore/snapd: naming/provenance.go, DefaultProvenance */
export const DEFAULT_PROVENANCE = 'global-upload';

/** The characters of Debian's architecture names. */
export const ARCHITECTURE = /^[a-z0-9][-a-z0-9]{0,31}$/;

/** The default architecture, which most devices have. */
export const DEFAULT_ARCHITECTURE = 'amd64';

/** snapcore/snapd: asserts/constraint.go, validStoreID */
export const STORE_ID_FORM = /^[-A-Z0-9a-z_]+$/;

/** Longest store id, in characters. snapd has no such limit; Canonical's have 32. */
export const MAX_STORE_ID_LENGTH = 128;

const REVISION = /^[1-9]\d{0,9}$/;

/** Whether a string is a valid name of an architecture. */
export function isArchitecture(name: string): boolean {
  return ARCHITECTURE.test(name);
}

/** Whether a string is a valid id of a store. */
export function isStoreId(id: string): boolean {
  return id.length <= MAX_STORE_ID_LENGTH && STORE_ID_FORM.test(id);
}

/** Whether a string is a snap revision number in decimal. */
export function isRevision(text: string): boolean {
  return REVISION.test(text) && Number(text) <= MAX_INTEGER;
}
