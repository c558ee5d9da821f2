import 'reflect-metadata';
import { DATA_VARIABLE, dataDirectory } from './common/files/data-directory.js';
import { actForOwner, PRIVATE_UMASK } from './common/files/store-account.js';
import { printWaiting } from './common/terminal/print-waiting.js';
import { printError, printLine } from './common/terminal/terminal.js';
import { serveUntilSignal } from './server.js';

try {
  process.env[DATA_VARIABLE] = dataDirectory();
  process.umask(PRIVATE_UMASK);
  actForOwner(dataDirectory());
  await serveUntilSignal((urls) => printLine(`Serving snaps on ${urls}`), printWaiting);
} catch (error) {
  printError(error);
  process.exitCode = 1;
}
