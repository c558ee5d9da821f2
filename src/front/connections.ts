import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { peerAddress } from '../common/client-address.js';
import { MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS } from '../common/limits.js';

type Listener = (socket: Socket) => void;

export interface ConnectionsOptions {
  /** Whether an address is that of a proxy, which brings many clients. */
  readonly isProxy: (address: string) => boolean;
  /** Tells a client whose connection is ended why, where that can be told. */
  readonly refuse: (socket: Socket, who: 'address' | 'store') => void;
}

/** Counts the connections of all servers that it watches, also those over which nothing has come yet. */
export class Connections {
  private readonly open = new Map<string, number>();
  private total = 0;

  constructor(private readonly options: ConnectionsOptions) {}

  /**
   * From now on connections above the limits are ended before the server sees them.
   *
   * @param refuse - what to do with them, where it is not what the options say
   */
  watch(server: Server, refuse = this.options.refuse): void {
    const listeners = server.listeners('connection') as Listener[];
    server.removeAllListeners('connection').on('connection', (socket: Socket) => {
      const exhausted = this.enter(socket);
      if (exhausted) refuse(socket, exhausted);
      else for (const listener of listeners) listener.call(server, socket);
    });
  }

  private enter(socket: Socket): 'address' | 'store' | undefined {
    const address = peerAddress(socket);
    const count = (this.open.get(address) ?? 0) + 1;
    if (this.total >= MAX_CONNECTIONS) return 'store';
    if (count > MAX_CONNECTIONS_PER_ADDRESS && !this.options.isProxy(address)) return 'address';
    this.open.set(address, count);
    this.total += 1;
    socket.once('close', () => this.leave(address));
    return undefined;
  }

  private leave(address: string): void {
    const count = (this.open.get(address) ?? 0) - 1;
    if (count > 0) this.open.set(address, count);
    else this.open.delete(address);
    this.total -= 1;
  }
}
