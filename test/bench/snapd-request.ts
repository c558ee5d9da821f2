/** What snapd sends with every request to a store. */
export const DEVICE_HEADERS = {
  'User-Agent': 'snapd/2.68 (series 16; classic)',
  'Snap-Device-Series': '16',
  'Snap-Device-Architecture': 'amd64',
};

/** What snapd wants to know of a snap: snapcore/snapd: store/details_v2.go, storeSnap. */
export const SNAP_FIELDS =
  'architectures,base,common-ids,confinement,contact,created-at,description,download,epoch,license,links,media,name,prices,private,publisher,revision,snap-id,snap-yaml,store-url,summary,title,type,version,website'.split(
    ',',
  );

/** A snap as a device that has it names it. */
export interface InstalledSnap {
  readonly snapId: string;
  readonly revision: number;
}

/** The body that a device with these snaps posts to refresh them: snapcore/snapd: store/store_action.go. */
export function refreshBody(snaps: readonly InstalledSnap[]): string {
  return JSON.stringify({
    context: snaps.map(({ snapId, revision }) => ({
      'snap-id': snapId,
      'instance-key': snapId,
      revision,
      'tracking-channel': 'latest/stable',
      epoch: { read: [0], write: [0] },
      'refreshed-date': '2026-02-01T00:00:00Z',
    })),
    actions: snaps.map(({ snapId }) => ({ action: 'refresh', 'instance-key': snapId, 'snap-id': snapId })),
    fields: SNAP_FIELDS,
    'assertion-max-formats': { 'snap-declaration': 6, 'system-user': 2 },
  });
}
