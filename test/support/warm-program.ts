import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PROGRAM, programEnvironment, type Outcome } from './program.js';

/** What each command leaves in the memory of its process is small, and is not freed. */
const COMMANDS_OF_A_PROCESS = 60;

interface Answer {
  readonly outcome: Outcome;
  readonly isSpent: boolean;
}

let child: ChildProcess | undefined;
let commands = 0;
let last: Promise<unknown> = Promise.resolve();

function startedChild(): ChildProcess {
  if (child?.connected && commands < COMMANDS_OF_A_PROCESS) return child;
  child?.disconnect();
  child = fork(join(import.meta.dirname, 'warm-program.mjs'), [PROGRAM], {
    env: programEnvironment({}),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  // It ends with this process, and does not keep it.
  child.unref();
  child.channel?.unref();
  commands = 0;
  return child;
}

async function runNext(words: readonly string[]): Promise<Outcome> {
  const process_ = startedChild();
  commands += 1;
  process_.ref();
  process_.channel?.ref();
  process_.send(words);
  const over = new AbortController();
  const ended = once(process_, 'exit', over).then(([code]) => {
    throw new Error(`the process of the commands ended (${JSON.stringify(code)}) in: ${words.join(' ')}`);
  });
  const [answer] = (await Promise.race([once(process_, 'message', over), ended])) as [Answer];
  over.abort();
  process_.unref();
  process_.channel?.unref();
  if (answer.isSpent) {
    process_.disconnect();
    child = undefined;
  }
  return answer.outcome;
}

/**
 * Runs a command to its end in a process that has the program loaded, one at a time. For what a process is (input,
 * environment, signals, a terminal, two at once), `run` starts one for each command.
 */
export async function runWarm(words: readonly string[]): Promise<Outcome> {
  const outcome = last.then(async () => await runNext(words));
  last = outcome.catch(() => undefined);
  return await outcome;
}
