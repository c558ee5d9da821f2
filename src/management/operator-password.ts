import { askNewPassword } from '../common/terminal/new-password.js';
import { Prompts } from '../common/terminal/prompts.js';
import { readSecretArgument } from '../common/terminal/secret-argument.js';

/**
 * The new password of an operator: from the option, or asked for at a terminal.
 *
 * @param argument - of `--password`, where it is given
 * @returns undefined where there is none
 */
export async function newOperatorPassword(
  name: string,
  argument: string | undefined,
): Promise<string | undefined> {
  if (argument !== undefined) return await readSecretArgument({ argument, option: '--password' });
  const prompts = new Prompts();
  try {
    if (!prompts.isTerminal) return undefined;
    return (await askNewPassword(prompts, `New password of ${name} (empty: none)`, 'password')) || undefined;
  } finally {
    prompts.close();
  }
}
