import 'reflect-metadata';
import { DATA_VARIABLE, dataDirectory } from './common/files/data-directory.js';
import { actForOwner, PRIVATE_UMASK } from './common/files/store-account.js';
import { printError } from './common/terminal/terminal.js';
import { serveUntilSignal } from './serving.js';

try {
  process.env[DATA_VARIABLE] = dataDirectory();
  process.umask(PRIVATE_UMASK);
  actForOwner(dataDirectory());
  await serveUntilSignal();
} catch (error) {
  printError(error);
  process.exitCode = 1;
}
