import { checkNewPassword } from '../crypto/password.js';
import { StoreError } from '../errors.js';
import type { Dialogue } from './prompts.js';

/** How often an invalid password may be typed again at a terminal. */
const TRIES = 3;

/**
 * Asks for a new password: at a terminal twice, and again if it is invalid.
 *
 * @param question - `New management password`
 * @param purpose - as in {@link checkNewPassword}
 * @returns the password; empty, or undefined if the input has ended
 * @throws StoreError `invalid-request` if it is invalid, or the two entries differ
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
      if (!dialogue.isTerminal || (await dialogue.askSecret('Repeat it: ')) === password) return password;
      throw new StoreError('invalid-request', `cannot use that ${purpose}: the two entries differ`);
    } catch (error) {
      if (!(error instanceof StoreError) || left === 1) throw error;
      dialogue.say(error.message);
    }
  }
}
