import 'reflect-metadata';
import { serveUntilSignal } from './server.js';

try {
  await serveUntilSignal((urls) => process.stdout.write(`Serving snaps on ${urls}\n`));
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
