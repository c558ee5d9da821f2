import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { peerAddress } from '../common/http/client-address.js';
import {
  MAX_CONNECTIONS,
  MAX_CONNECTIONS_PER_ADDRESS,
  MAX_WAITING_REFUSALS,
  REFUSED_CONNECTION_PAUSE_MS,
} from '../common/limits.js';

type Listener = (socket: Socket) => void;

export interface ConnectionsOptions {
  /** Whether an address is that of a proxy, which brings many clients. */
  readonly isProxy: (address: string) => boolean;
  /** Tells a client whose connection is ended why, where that can be told. */
  readonly refuse: (socket: Socket, who: 'address' | 'store') => void;
}

/**
 * A socket reads from its first moment, up to a buffer of 64 KiB. Node has a public way to begin paused for whole
 * servers only.
 */
function readNothing(socket: Socket): void {
  const { _handle: handle } = socket as { readonly _handle?: { readonly readStop?: () => void } | null };
  handle?.readStop?.();
}

/** Counts the connections of all servers that it watches, also those over which nothing has come yet. */
export class Connections {
  private readonly open = new Map<string, number>();
  private total = 0;
  /** Connections that wait for their refusal. */
  private refused = 0;

  constructor(private readonly options: ConnectionsOptions) {}

  /**
   * From now on connections above the limits are ended before the server sees them: after a while in which nothing
   * is read of them, so that opening them again and again takes their client as long.
   *
   * @param refuse - what to do with them, where it is not what the options say
   */
  watch(server: Server, refuse = this.options.refuse): void {
    const listeners = server.listeners('connection') as Listener[];
    server.removeAllListeners('connection').on('connection', (socket: Socket) => {
      const exhausted = this.enter(socket);
      if (exhausted) this.keepWaiting(socket, () => refuse(socket, exhausted));
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

  private keepWaiting(socket: Socket, refuse: () => void): void {
    if (this.refused >= MAX_WAITING_REFUSALS) return void socket.destroy();
    readNothing(socket);
    this.refused += 1;
    const refusing = setTimeout(refuse, REFUSED_CONNECTION_PAUSE_MS);
    socket.once('close', () => {
      this.refused -= 1;
      clearTimeout(refusing);
    });
  }

  private leave(address: string): void {
    const count = (this.open.get(address) ?? 0) - 1;
    if (count > 0) this.open.set(address, count);
    else this.open.delete(address);
    this.total -= 1;
  }
}
