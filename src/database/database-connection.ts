/** How to reach a database, from a libpq URL or the embedded server. */
export interface DatabaseConnection {
  /** Host name or address. With a leading slash, the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  /** The default is the name of the account that runs this program. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** The default is the database with the user's name. */
  readonly database?: string | undefined;
  readonly tls: DatabaseTls;
  /** In seconds. The default is {@link DEFAULT_CONNECT_TIMEOUT_SECONDS}. */
  readonly connectTimeoutSeconds?: number | undefined;
}

/** How the server's certificate is checked, and which certificate is shown to it. Strings are PEM. */
export interface TlsChecks {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly checkServerIdentity?: () => undefined;
}

/** `optional` asks for TLS and continues without it if the server has none (libpq's `prefer`). */
export type DatabaseTls =
  { readonly mode: 'off' } | { readonly mode: 'optional' | 'required'; readonly options: TlsChecks };

export const DEFAULT_CONNECT_TIMEOUT_SECONDS = 10;

/** The driver's settings for a connection. All processes use the same application name. */
export function clientConfig(connection: DatabaseConnection) {
  const { host, port, user, password, database, tls, connectTimeoutSeconds } = connection;
  return {
    host,
    port,
    user,
    password,
    database,
    ssl: tls.mode === 'off' ? false : tls.options,
    connectionTimeoutMillis: (connectTimeoutSeconds ?? DEFAULT_CONNECT_TIMEOUT_SECONDS) * 1000,
    application_name: 'snap-store-proxy',
    keepAlive: true,
  };
}

/** The server as messages name it: `host`, with the port unless it is the default. */
export function describeServer({ host, port }: DatabaseConnection): string {
  return port === 5432 ? host : `${host}:${port}`;
}
