import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { StoreError } from '../common/errors.js';

/**
 * Prevents a second sandbox from using a directory. The lock is a Linux abstract socket: the system releases it
 * when the process ends for any reason.
 *
 * @returns a function that releases the lock
 * @throws StoreError `conflict` if another process holds it
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const name = createHash('sha256').update(realpathSync(directory)).digest('hex').slice(0, 32);
  const server: Server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new StoreError('conflict', `cannot start the sandbox: another sandbox uses ${directory}`, {
              cause: error,
            })
          : error,
      ),
    );
    server.listen(`\0snap-store-proxy sandbox ${name}`, resolve);
  });
  return async () => {
    await new Promise((resolve) => {
      server.close(resolve);
    });
  };
}
