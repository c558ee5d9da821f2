import { createInterface } from 'node:readline';
import type { BinariesSource } from '../../src/database/embedded/binaries.js';
import { EmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';

/**
 * A process that takes a share in the embedded server of a data directory, says so in one line of
 * JSON, and gives the share back when its input ends.
 *
 * Arguments: data directory, and `host` or `npm` to choose the binaries.
 */
const [dataDir = '', binaries] = process.argv.slice(2);
const server = await EmbeddedPostgres.acquire(
  dataDir,
  binaries === undefined ? {} : { binaries: binaries as BinariesSource },
);
process.stdout.write(
  `${JSON.stringify({ startedHere: server.startedHere, version: server.version, connection: server.connection })}\n`,
);
for await (const _ of createInterface(process.stdin)) {
  // Nothing is said to it; only the end counts.
}
await server.release();
