import type { Server } from 'node:https';
import type { Socket } from 'node:net';

/**
 * Tracks the connections that have not sent a request yet. Node counts them as busy, so a server that closes
 * would wait for them forever.
 *
 * @returns a function that ends them
 */
export function followSilent(server: Server): () => void {
  const silent = new Set<Socket>();
  server.on('secureConnection', (socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  server.on('request', ({ socket }) => silent.delete(socket));
  return () => {
    for (const socket of silent) socket.destroy();
  };
}
