import 'reflect-metadata';
import { serveUntilSignal } from './server.js';

try {
  await serveUntilSignal((url) => process.stdout.write(`Serving snaps on ${url}\n`));
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
