/** How to reach a database, as a libpq URL or the embedded server says it. */
export interface DatabaseConnection {
  /** Host name or address; with a leading slash, the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  /** Without it, the name of the account that runs this program. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Without it, the one named like the user. */
  readonly database?: string | undefined;
  readonly tls: DatabaseTls;
  /** Seconds; without it, {@link DEFAULT_CONNECT_TIMEOUT_SECONDS}. */
  readonly connectTimeoutSeconds?: number | undefined;
}

/** What is checked of the server's certificate, and what is shown to it; texts are PEM. */
export interface TlsChecks {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly checkServerIdentity?: () => undefined;
}

/** `optional` asks for TLS and does without where the server has none (libpq's `prefer`). */
export type DatabaseTls =
  { readonly mode: 'off' } | { readonly mode: 'optional' | 'required'; readonly options: TlsChecks };

export const DEFAULT_CONNECT_TIMEOUT_SECONDS = 10;

/** The settings of the driver for a connection; every process says the same name of itself. */
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

/** The server in messages: `host`, with the port where it is not the usual one. */
export function describeServer({ host, port }: DatabaseConnection): string {
  return port === 5432 ? host : `${host}:${port}`;
}
