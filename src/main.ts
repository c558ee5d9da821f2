import 'reflect-metadata';
import { printError, printLine } from './common/terminal.js';
import { serveUntilSignal } from './server.js';

try {
  await serveUntilSignal((urls) => printLine(`Serving snaps on ${urls}`));
} catch (error) {
  printError(error);
  process.exitCode = 1;
}
