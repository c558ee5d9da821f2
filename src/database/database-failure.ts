import { defaults } from 'pg';
import { isFields, textField } from '../common/domain/json.js';
import { StoreError } from '../common/errors.js';
import { describeServer, type DatabaseConnection } from './database-connection.js';

/** SQLSTATEs: invalid password; no such role, no LOGIN privilege, or refused by pg_hba.conf. */
const AUTHENTICATION_STATES = new Set(['28P01', '28000']);

/** SQLSTATEs of a lost or refused connection (classes 08 and 57P, too many connections). */
const LOST_STATES = new Set([
  '08000',
  '08001',
  '08003',
  '08004',
  '08006',
  '53300',
  '57P01',
  '57P02',
  '57P03',
]);

const LOST_SYSTEM_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** The driver gives these errors no code. */
const LOST_MESSAGES =
  /^Connection terminated|timeout expired|timeout exceeded when trying to connect|^Client has encountered a connection error|^Client was closed/;

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOENT: "the server's socket does not exist",
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host name cannot be looked up',
};

/** The SQLSTATE of a failed query, or the system's code of a failed connection. */
export function failureCode(error: unknown): string | undefined {
  if (!isFields(error)) return undefined;
  return textField(error, 'code') ?? failureCode(error['driverError']);
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s+/g, ' ').replace(/\.$/, '');
}

/** Whether the database could not be reached, or the connection to it was lost. */
export function isConnectionLoss(error: unknown): boolean {
  const code = failureCode(error);
  if (code !== undefined && (LOST_STATES.has(code) || LOST_SYSTEM_CODES.has(code))) return true;
  return LOST_MESSAGES.test(messageOf(error));
}

/** pg's own pool reports this when every connection stays in use for the whole waiting time. */
const POOL_IS_USED_UP = /timeout exceeded when trying to connect/;

/**
 * Returns the result of the work, and names a connection that was lost or could not be opened.
 *
 * @throws StoreError `database-unavailable` for such a connection; any other error unchanged
 */
export async function withLossNamed<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof StoreError || !isConnectionLoss(error)) throw error;
    const why = POOL_IS_USED_UP.test(messageOf(error))
      ? 'all connections to the database are in use'
      : 'the connection to the database was lost';
    throw new StoreError('database-unavailable', `cannot use the database now: ${why}`, { cause: error });
  }
}

/** The role that a connection uses. Without one, it is the account that runs this program. */
export function roleOf({ user }: DatabaseConnection): string {
  return user ?? defaults.user ?? '';
}

/**
 * Whether the server requires a password, or rejected the one given. The driver reports a missing password
 * itself, without a code.
 */
export function isAuthenticationFailure(error: unknown): boolean {
  const code = failureCode(error);
  return (
    (code !== undefined && AUTHENTICATION_STATES.has(code)) ||
    /password must be a string/.test(messageOf(error))
  );
}

function authenticationMessage(connection: DatabaseConnection): string {
  return `Authentication error with user ${roleOf(connection)}. Check the user name and password and that the user has the LOGIN privilege`;
}

/**
 * Tells the operator why a database cannot be opened. The message contains no secret.
 *
 * @see the sentence about authentication is that of Snap Store Proxy's `config proxy.db.connection=`
 */
export function openingFailure(error: unknown, connection: DatabaseConnection): StoreError {
  if (error instanceof StoreError) return error;
  const server = describeServer(connection);
  const code = failureCode(error);
  const message = messageOf(error);
  const why = isAuthenticationFailure(error)
    ? authenticationMessage(connection)
    : (WORDS[code ?? ''] ?? message);
  return new StoreError('database-unavailable', `cannot reach the database at ${server}: ${why}`, {
    cause: error,
  });
}
