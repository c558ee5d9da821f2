import { checkNewPassword } from '../crypto/password.js';
import { StoreError } from '../errors.js';
import type { Dialogue } from './prompts.js';

/** How often a password that cannot be used may be typed anew at a terminal. */
const TRIES = 3;

/**
 * Asks for a new password: at a terminal twice, and anew where it cannot be used.
 *
 * @param question - `New management password`
 * @param purpose - as in {@link checkNewPassword}
 * @returns what was typed; empty, or undefined where the input has ended
 * @throws StoreError `invalid-request` where it cannot be used, or the two differ
 */
export async function askNewPassword(
  dialogue: Dialogue,
  question: string,
  purpose: string,
): Promise<string | undefined> {
  for (let left = dialogue.isTerminal ? TRIES : 1; ; left -= 1) {
    const password = await dialogue.askSecret(`${question}: `);
    if (password === undefined || password === '') return password;
    try {
      checkNewPassword(password, purpose);
      if (!dialogue.isTerminal || (await dialogue.askSecret('The same again: ')) === password)
        return password;
      throw new StoreError('invalid-request', `cannot use that ${purpose}: the two entries differ`);
    } catch (error) {
      if (!(error instanceof StoreError) || left === 1) throw error;
      dialogue.say(error.message);
    }
  }
}
