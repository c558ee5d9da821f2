/** Keys of the original that this program has no use for, and why: patterns, the first that fits tells. */
const FOREIGN: readonly (readonly [key: RegExp, why: string])[] = [
  [
    /^proxy\.(?:port\.memcached|memcached\.connection|use-postgres-over-memcached)$/,
    'what units share is in PostgreSQL',
  ],
  [
    /^proxy\.port\.(?:snapdevicegw|snapident|snaprevs|snapauth|snapassert|snapmodels|snapstorage|packagereview|publishergw|storeadmingw)$/,
    'one process answers everything',
  ],
  [/^proxy\.cache\.size$/, 'snaps are kept, not cached'],
  [/^proxy\.sso\.public\.key$/, 'the single sign-on opens its own caveats'],
  [
    /^proxy\.(?:auth\.secret|admin-emails)$/,
    'nobody signs in to this store over the network with an account of the single sign-on',
  ],
  [
    /^proxy\.device-auth\.allowed-device-service-urls$/,
    'requests for serials are not passed on to another service',
  ],
  [/^proxy\.oci-registry\.(?:domain|username|password)$/, 'charms are not served'],
  [
    /^proxy\.storage\.(?:backend|s3\.[-a-z0-9]+)$/,
    'snap files are kept in the data directory, and in no object storage',
  ],
  [
    /^internal\.(?:snapassert|publishergw|storeadmingw|snapstorage|airgap\.store)\.[-.a-z0-9]+$/,
    'the service that it belongs to is none of this program',
  ],
  [/^internal\.[a-z]+\.db$/, 'there is one database, which proxy.db.connection names'],
];

/** Why a key of the original has no meaning here; undefined for every other key. */
export function foreignSettingReason(key: string): string | undefined {
  return FOREIGN.find(([pattern]) => pattern.test(key))?.[1];
}
