import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { StoreError } from './errors.js';

/**
 * Asks on the terminal, without showing what is typed.
 *
 * @returns undefined where there is nobody to ask: the standard input is no terminal, or it ended
 * @throws StoreError `invalid-request` where the answer is Ctrl-C
 */
export async function askSecret(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined;
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  process.stderr.write(question);
  try {
    return await new Promise((settle, fail) => {
      terminal.once('SIGINT', () => fail(new StoreError('invalid-request', 'cannot go on: interrupted')));
      terminal.once('close', () => settle(undefined));
      terminal.question('', settle);
    });
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
