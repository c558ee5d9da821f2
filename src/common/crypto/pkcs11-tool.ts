import { StoreError } from '../errors.js';

/** OpenSC's, from the distribution: docs/decisions/0004-pkcs11-tool.md. */
export const PKCS11_TOOL = 'pkcs11-tool';

/** Where the program finds the PIN: other users can read the words of a command, not its variables. */
const PIN_VARIABLE = 'SNAP_STORE_PROXY_TOKEN_PIN';

/** Which token, by which module. */
export interface Token {
  /** Path of its PKCS#11 module. */
  readonly module: string;
  readonly label: string;
}

/** The words and variables with which the program logs in to a token. */
export function tokenLogin(
  { module, label }: Token,
  pin: string,
): { words: string[]; env: NodeJS.ProcessEnv } {
  return {
    words: ['--module', module, '--token-label', label, '--login', '--pin', `env:${PIN_VARIABLE}`],
    env: { ...process.env, [PIN_VARIABLE]: pin },
  };
}

/**
 * Says why the program failed.
 *
 * @param doing - such as "sign with the PKCS#11 token"
 * @param stderr - one line of it says why; the PIN is never among what it prints
 * @returns `not-configured` where it is not installed, else `storage-failed`
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
