import { Prompts } from '../common/terminal/prompts.js';
import { connectDatabase } from '../database/connect-database.js';
import { parseConnectionUrl, withPassword } from '../database/connection-url.js';
import { isAuthenticationFailure, roleOf } from '../database/database-failure.js';

/** As many attempts as in the original. */
const ATTEMPTS = 3;

/**
 * Asks on the terminal for the password of a database user, if the server refuses the one in the URL.
 *
 * @returns the URL with the accepted password. The URL is unchanged if there is no terminal, if no answer was
 *   right, or if another error occurred; the next use of the URL reports it
 */
export async function askDatabasePassword(url: string): Promise<string> {
  const prompts = new Prompts();
  if (!prompts.isTerminal) return url;
  try {
    return await askFor(url, prompts);
  } finally {
    prompts.close();
  }
}

async function askFor(url: string, prompts: Prompts): Promise<string> {
  const user = roleOf(parseConnectionUrl(url));
  let asked = url;
  for (let attempt = 1; attempt <= ATTEMPTS && (await isRefused(asked)); attempt += 1) {
    prompts.say(`Authentication error with user ${user}.`);
    prompts.say('Check the user name and password and that the user has the LOGIN privilege.');
    const password = await prompts.askSecret(
      `Please enter password for database user ${user} (attempt ${attempt} of ${ATTEMPTS}): `,
    );
    if (password === undefined) break;
    asked = withPassword(url, password);
  }
  return asked;
}

async function isRefused(url: string): Promise<boolean> {
  try {
    const { client } = await connectDatabase(parseConnectionUrl(url));
    await client.end();
    return false;
  } catch (error) {
    return isAuthenticationFailure((error as Error).cause);
  }
}
