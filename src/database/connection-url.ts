import { readFileSync } from 'node:fs';
import { StoreError } from '../common/errors.js';
import type { DatabaseConnection, DatabaseTls, TlsChecks } from './database-connection.js';

const DEFAULT_PORT = 5432;
const MAX_PORT = 65_535;
/** Where libpq looks if no host is given. Debian's servers listen there. */
const DEFAULT_SOCKET_FOLDER = '/var/run/postgresql';

/**
 * postgresql://[user[:password]@][host][:port][/database][?key=value&...]
 *
 * @see https://www.postgresql.org/docs/current/libpq-connect.html, "Connection URIs"
 */
const URL_PARTS =
  /^postgres(?:ql)?:\/\/(?:(?<user>[^:@/?]*)(?::(?<password>[^@/?]*))?@)?(?<host>\[[^\]]*\]|[^:/?,@[\]]*)(?::(?<port>[^/?,]*))?(?:\/(?<database>[^?]*))?(?:\?(?<query>.*))?$/s;

const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];

const KNOWN_PARAMETERS = new Set([
  'host',
  'port',
  'user',
  'password',
  'dbname',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'connect_timeout',
  'application_name',
]);

/** The message never repeats any part of the URL: a mistyped URL can have its password anywhere. */
function invalid(why: string, cause?: unknown): StoreError {
  return new StoreError('invalid-setting', `cannot use the database connection URL: ${why}`, { cause });
}

function decode(text: string, part: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch (error) {
    throw invalid(`the ${part} has a "%" that is not followed by two hexadecimal digits`, error);
  }
  if (decoded.includes('\0')) throw invalid(`the ${part} contains a zero byte`);
  return decoded;
}

function parseParameters(query: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of query.split('&').filter((text) => text !== '')) {
    const equals = pair.indexOf('=');
    if (equals < 0) throw invalid('a parameter has no "="');
    // Not decoded: an encoded `password` would not be recognised and hidden.
    const key = pair.slice(0, equals);
    if (!KNOWN_PARAMETERS.has(key)) {
      throw invalid(`it has an unknown parameter; known are ${[...KNOWN_PARAMETERS].toSorted().join(', ')}`);
    }
    parameters.set(key, decode(pair.slice(equals + 1), `parameter ${key}`));
  }
  return parameters;
}

function wholeNumber(text: string, name: string, max: number): number {
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value <= max) return value;
  throw invalid(`the ${name} must be a number up to ${max}`);
}

function parsePort(text: string): number {
  const port = wholeNumber(text, 'port', MAX_PORT);
  if (port > 0) return port;
  throw invalid('the port must not be 0');
}

function readPem(path: string | undefined, parameter: string): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw invalid(
      `the file of ${parameter} cannot be read (${(error as NodeJS.ErrnoException).code})`,
      error,
    );
  }
}

/**
 * libpq's modes: up to `require` the certificate is not checked, unless a root certificate is
 * given; `verify-ca` checks who signed it, `verify-full` also the name in it.
 *
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html, "SSL Mode Descriptions"
 */
function parseTls(parameters: ReadonlyMap<string, string>, host: string): DatabaseTls {
  const mode = parameters.get('sslmode') ?? 'prefer';
  if (!SSL_MODES.includes(mode)) throw invalid(`sslmode must be one of ${SSL_MODES.join(', ')}`);
  // A socket is on this machine, and PostgreSQL has no TLS on sockets.
  if (mode === 'disable' || mode === 'allow' || host.startsWith('/')) return { mode: 'off' };
  const ca = readPem(parameters.get('sslrootcert'), 'sslrootcert');
  const cert = readPem(parameters.get('sslcert'), 'sslcert');
  const key = readPem(parameters.get('sslkey'), 'sslkey');
  const checksSigner = mode.startsWith('verify') || (mode === 'require' && ca !== undefined);
  const options: TlsChecks = {
    rejectUnauthorized: checksSigner,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  };
  return { mode: mode === 'prefer' ? 'optional' : 'required', options };
}

/**
 * Parses a libpq connection URL of one server.
 *
 * @param url - `postgresql://user:password@host:port/database?sslmode=...`; every part is optional and
 *   percent-encoded; `?host=/folder` is a Unix socket
 * @throws StoreError `invalid-setting` naming the invalid part, without its content
 * @see https://www.postgresql.org/docs/current/libpq-connect.html, "Connection URIs"
 */
export function parseConnectionUrl(url: string): DatabaseConnection {
  const parts = URL_PARTS.exec(url)?.groups;
  if (!parts) throw invalid('it must look like postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with one host');
  const parameters = parseParameters(parts['query'] ?? '');
  const given = (part: string, parameter = part): string | undefined => {
    const text = parameters.get(parameter) ?? decode(parts[part] ?? '', part);
    return text === '' ? undefined : text;
  };
  const host = (given('host') ?? DEFAULT_SOCKET_FOLDER).replace(/^\[(.*)\]$/, '$1');
  if (host.includes(',')) throw invalid('it must name exactly one host');
  const port = given('port');
  const timeout = parameters.get('connect_timeout');
  return {
    host,
    port: port === undefined ? DEFAULT_PORT : parsePort(port),
    user: given('user'),
    password: given('password'),
    database: given('database', 'dbname'),
    tls: parseTls(parameters, host),
    connectTimeoutSeconds:
      timeout === undefined ? undefined : wholeNumber(timeout, 'connect_timeout', 3600) || undefined,
  };
}

/**
 * A connection URL for display: `<redacted>` replaces every password in it. Accepts any string. If the end of
 * the password cannot be recognised, it hides more rather than less.
 */
export function redactConnection(url: string): string {
  return url
    .replace(/^([^:]*:\/\/[^:/?@]*:).*@/s, '$1<redacted>@')
    .replace(/(password\s*=\s*)[^&\s]*/gi, '$1<redacted>');
}

/** The same URL with this password, which replaces every other one. */
export function withPassword(url: string, password: string): string {
  const [address = '', query = ''] = url.split(/\?(.*)/s);
  const parameters = query.split('&').filter((pair) => pair !== '' && !pair.startsWith('password='));
  const secret = encodeURIComponent(password);
  const user = URL_PARTS.exec(url)?.groups?.['user'];
  if (user === undefined) parameters.push(`password=${secret}`);
  const named =
    user === undefined
      ? address
      : address.replace(/^([^:]*:\/\/[^:@/]*)(?::[^@/]*)?@/, (_, start) => `${start}:${secret}@`);
  return parameters.length === 0 ? named : `${named}?${parameters.join('&')}`;
}
