/**
 * Keys of the original that this program does not use, and the reason. The first pattern that matches is used.
 */
const FOREIGN: readonly (readonly [key: RegExp, why: string])[] = [
  [
    /^proxy\.(?:port\.memcached|memcached\.connection|use-postgres-over-memcached)$/,
    'units share their data in PostgreSQL',
  ],
  [
    /^proxy\.port\.(?:snapdevicegw|snapident|snaprevs|snapauth|snapassert|snapmodels|snapstorage|packagereview|publishergw|storeadmingw)$/,
    'one process answers all requests',
  ],
  [/^proxy\.cache\.size$/, 'snaps are stored, not cached'],
  [/^proxy\.sso\.public\.key$/, 'the single sign-on decrypts its own caveats'],
  [/^proxy\.auth\.secret$/, 'nobody signs in to this store over the network with a single sign-on account'],
  [/^proxy\.admin-emails$/, 'admins are operators: `add-admin EMAIL` adds one'],
  [
    /^proxy\.device-auth\.allowed-device-service-urls$/,
    'requests for serials are not passed on to another service',
  ],
  [/^proxy\.oci-registry\.(?:domain|username|password)$/, 'charms are not served'],
  [
    /^proxy\.storage\.(?:backend|s3\.[-a-z0-9]+)$/,
    'snap files are stored in the data directory, not in object storage',
  ],
  [
    /^internal\.(?:snapassert|publishergw|storeadmingw|snapstorage|airgap\.store)\.[-.a-z0-9]+$/,
    'this program does not include the service that uses it',
  ],
  [/^internal\.[a-z]+\.db$/, 'there is only one database, which proxy.db.connection names'],
];

/** The reason why a key of the original has no meaning here; undefined for every other key. */
export function foreignSettingReason(key: string): string | undefined {
  return FOREIGN.find(([pattern]) => pattern.test(key))?.[1];
}
