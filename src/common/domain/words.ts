/** The only series there is. snapcore/snapd: release/release.go, Series */
export const SERIES = '16';

/**
 * The largest `integer` of PostgreSQL: no revision, sequence, format or count is above it. snapd counts on to 2^63
 * in headers, and nothing comes near either.
 */
export const MAX_INTEGER = 2_147_483_647;

/** The provenance of what does not say one. snapcore/snapd: naming/provenance.go, DefaultProvenance */
export const DEFAULT_PROVENANCE = 'global-upload';

/** Debian's architecture names, as far as letters go. */
const ARCHITECTURE = /^[a-z0-9][-a-z0-9]{0,31}$/;

/** What most devices are, where nobody says. */
export const DEFAULT_ARCHITECTURE = 'amd64';

/** snapcore/snapd: asserts/constraint.go, validStoreID */
export const STORE_ID = /^[-A-Z0-9a-z_]+$/;

/** Longest store id, in characters. snapd has no such limit; Canonical's have 32. */
export const MAX_STORE_ID_LENGTH = 128;

const REVISION = /^[1-9]\d{0,9}$/;

/** Whether an architecture may be called that. */
export function isArchitecture(name: string): boolean {
  return ARCHITECTURE.test(name);
}

/** Whether a store may be called that. */
export function isStoreId(id: string): boolean {
  return id.length <= MAX_STORE_ID_LENGTH && STORE_ID.test(id);
}

/** Whether it is the number of a snap's revision, in decimal. */
export function isRevision(text: string): boolean {
  return REVISION.test(text) && Number(text) <= MAX_INTEGER;
}
