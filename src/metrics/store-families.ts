import { by, counter, gauge, one, type FamilySource, type Sample } from './family.js';
import type { StoreFigures } from './store-figures.service.js';

const seconds = (date: Date | undefined) => date && date.getTime() / 1_000;

/**
 * What the store has. All units of a store show the same.
 *
 * @param find - the figures; undefined while the database cannot be read
 */
export function storeFamilies(find: () => Promise<StoreFigures | undefined>): FamilySource[] {
  const read = (look: (figures: StoreFigures) => number | undefined) => async () => {
    const figures = await find();
    return one(figures && look(figures));
  };
  return [
    gauge(
      'snaps',
      'Snaps in the store.',
      read(({ holdings }) => holdings.snaps),
    ),
    gauge(
      'snap_revisions',
      'Revisions of snaps.',
      read(({ holdings }) => holdings.revisions),
    ),
    gauge(
      'component_revisions',
      'Revisions of components.',
      read(({ holdings }) => holdings.components),
    ),
    gauge(
      'assertions',
      'Assertions in the store.',
      read(({ assertions }) => assertions),
    ),
    gauge(
      'stored_bytes',
      'Size of all stored files.',
      read(({ blobBytes }) => blobBytes),
    ),
    gauge(
      'deltas',
      'Deltas that devices can get.',
      read(({ deltas }) => deltas.deltas),
    ),
    gauge(
      'delta_bytes',
      'Size of these deltas, part of the stored bytes.',
      read(({ deltas }) => deltas.deltaBytes),
    ),
    counter('imports', 'Imports by outcome, by commands and over the network.', async () => {
      const figures = await find();
      return figures ? by('outcome', { pushed: figures.holdings.imports }) : [];
    }),
    gauge('jobs', 'Imports over the network by state, as far as they are kept.', async () => {
      const figures = await find();
      return figures ? by('state', figures.jobs) : [];
    }),
    gauge(
      'devices',
      'Devices that the store knows.',
      read(({ devices }) => devices.all),
    ),
    gauge('devices_seen', 'Devices that were here within a time.', async () => {
      const figures = await find();
      if (!figures) return [];
      const { day, week, month } = figures.devices;
      return by('within', { '1d': day, '7d': week, '30d': month });
    }),
    gauge(
      'certificate_expiry_timestamp_seconds',
      'When the certificate of the store expires, in seconds since 1970.',
      read(({ certificateEnd }) => seconds(certificateEnd)),
    ),
    gauge(
      'account_key_expiry_timestamp_seconds',
      'When account-keys expire, in seconds since 1970: of those with an end, the first ones.',
      async () => accountKeyEnds(await find()),
    ),
  ];
}

function accountKeyEnds(figures: StoreFigures | undefined): Sample[] {
  return (figures?.accountKeys ?? []).map(({ id, accountId, until }) => ({
    labels: { account: accountId, key: id },
    value: until.getTime() / 1_000,
  }));
}
