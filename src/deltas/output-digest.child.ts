// Runs in a process of its own: starts the program of its arguments and prints the SHA3-384 of its output. Hashing
// a large snap in the server would occupy one of its cores.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';

const [program = '', ...args] = process.argv.slice(2);
const hash = createHash('sha3-384');
const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
child.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
child.stdout.on('data', (piece: Buffer) => hash.update(piece));
child.on('close', (status) => {
  if (status === 0) process.stdout.write(hash.digest('hex'));
  else process.exitCode = 1;
});
