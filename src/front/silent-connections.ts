import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * The connections that have not sent a request yet. Node counts them as busy, and load balancers open some in
 * advance: a server that closes would wait for them forever.
 */
export class SilentConnections {
  private readonly sockets = new Map<Socket, Server>();

  /** @param event - emitted when a connection can carry requests */
  watch(server: Server, event: 'connection' | 'secureConnection'): void {
    server.on(event, (socket: Socket) => {
      this.sockets.set(socket, server);
      socket.once('close', () => this.sockets.delete(socket));
    });
  }

  /** Called for every request. */
  heard(socket: Socket): void {
    this.sockets.delete(socket);
  }

  /** Ends the silent connections of one server, or of all. */
  end(only?: Server): void {
    for (const [socket, server] of this.sockets) if (only === undefined || server === only) socket.destroy();
  }
}
