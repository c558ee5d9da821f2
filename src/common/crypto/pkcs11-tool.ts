import { StoreError } from '../errors.js';

/** OpenSC's tool, from the distribution: docs/decisions/0004-pkcs11-tool.md. */
export const PKCS11_TOOL = 'pkcs11-tool';

/** Where the program reads the PIN: other users can see the arguments of a command, but not its variables. */
const PIN_VARIABLE = 'SNAP_STORE_PROXY_TOKEN_PIN';

/** A token and its module. */
export interface Pkcs11Token {
  /** Path of its PKCS#11 module. */
  readonly module: string;
  readonly label: string;
}

/** The arguments and variables with which the program logs in to a token. */
export function tokenLogin(
  { module, label }: Pkcs11Token,
  pin: string,
): { words: string[]; env: NodeJS.ProcessEnv } {
  return {
    words: ['--module', module, '--token-label', label, '--login', '--pin', `env:${PIN_VARIABLE}`],
    env: { ...process.env, [PIN_VARIABLE]: pin },
  };
}

/**
 * The error of the program.
 *
 * @param doing - such as "sign with the PKCS#11 token"
 * @param stderr - one line of it gives the reason; it never contains the PIN
 * @returns `not-configured` if it is not installed, otherwise `storage-failed`
 */
export function tokenFailure(doing: string, error: Error | undefined, stderr: string): StoreError {
  if (error !== undefined && 'code' in error && error.code === 'ENOENT')
    return new StoreError(
      'not-configured',
      `cannot ${doing}: ${PKCS11_TOOL} is not installed (Debian and Ubuntu: opensc)`,
    );
  const lines = stderr.trim().split('\n');
  const why = lines.find((line) => /^error:/i.test(line)) ?? lines.at(-1) ?? error?.message ?? '';
  return new StoreError('storage-failed', `cannot ${doing}: ${why.replace(/^error: */i, '')}`, {
    cause: error,
  });
}
