import type { ImportReport } from './import-report.js';

/** Most revisions, and most channels, that one row of the audit trail names. A bundle may have thousands. */
export const MAX_AUDITED = 200;

/** What a push brought, for the audit trail: counts, and the names of the first ones. */
export function importAudit({ snaps, stores, bundle, assertionsAdded, bytesAdded }: ImportReport): object {
  const revisions = snaps.flatMap(({ name, revisions: all, components }) => [
    ...all.filter(isAdded).map(({ revision }) => `${name} ${revision}`),
    ...components.filter(isAdded).map((one) => `${name}+${one.name} ${one.revision}`),
  ]);
  const moved = snaps.flatMap(({ name, channels }) =>
    channels
      .filter(({ outcome }) => outcome === 'moved')
      .map(({ channel, architecture, from, to }) => ({ snap: name, channel, architecture, from, to })),
  );
  return {
    snaps: snaps.length,
    'revisions-added': revisions.length,
    'channels-moved': moved.length,
    'assertions-added': assertionsAdded,
    'bytes-added': bytesAdded,
    revisions: revisions.slice(0, MAX_AUDITED),
    channels: moved.slice(0, MAX_AUDITED),
    ...(stores.length > 0 && { stores: stores.slice(0, MAX_AUDITED).map(({ storeId }) => storeId) }),
    ...(bundle && { 'bundle-source': bundle.source, 'signed-by': bundle.signedBy ?? null }),
  };
}

function isAdded({ outcome }: { readonly outcome: 'added' | 'present' }): boolean {
  return outcome === 'added';
}
