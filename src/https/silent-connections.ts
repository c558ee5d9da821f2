import type { Server } from 'node:https';
import type { Socket } from 'node:net';

/**
 * Follows which connections have not asked anything yet. Node counts them among the busy ones, so that a
 * server that closes would wait for them without end.
 *
 * @returns what ends them
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
