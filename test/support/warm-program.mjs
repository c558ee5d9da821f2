// A process that has the program loaded and runs one command after the other: a start costs four times as much as most
// commands. Each command has a new application, with the words, the environment and the output of its own process.
import { pathToFileURL } from 'node:url';

const [program = ''] = process.argv.slice(2);
const ownEnvironment = { ...process.env };
const account = process.geteuid?.();
const end = process.exit.bind(process);
let commands = 0;

/** Puts a stream's output into a text, as long as the command runs. */
function capture(name, output, isOver) {
  const stream = process[name];
  const write = stream.write;
  stream.write = (chunk, encoding, callback) => {
    if (!isOver()) output[name] += chunk;
    const done = typeof encoding === 'function' ? encoding : callback;
    if (done) process.nextTick(done);
    return true;
  };
  return () => {
    stream.write = write;
    // Each command listens anew.
    stream.removeAllListeners('error');
  };
}

async function runCommand(words) {
  const output = { stdout: '', stderr: '' };
  let exitCode;
  const isOver = () => exitCode !== undefined;
  const restore = [capture('stdout', output, isOver), capture('stderr', output, isOver)];
  process.argv = [process.execPath, program, ...words];
  process.exitCode = undefined;
  // What a process that has ended goes on to do is of no account.
  process.exit = (code = process.exitCode ?? 0) => {
    exitCode ??= code;
    throw new Error('the command has ended');
  };
  commands += 1;
  // The entry file runs anew for each command; the files that it imports are loaded once.
  await import(`${pathToFileURL(program).href}?command=${commands}`);
  const status = exitCode ?? process.exitCode ?? 0;
  restore.forEach((undo) => undo());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) process.removeAllListeners(signal);
  for (const name of Object.keys(process.env)) if (!(name in ownEnvironment)) delete process.env[name];
  Object.assign(process.env, ownEnvironment);
  process.exitCode = undefined;
  return { status, ...output };
}

process.on('message', async (words) => {
  const outcome = await runCommand(words);
  // A command that acts for the owner of its data cannot become root again.
  const isSpent = process.geteuid?.() !== account;
  process.send({ outcome, isSpent });
});
process.on('disconnect', () => end());
