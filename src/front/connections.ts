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
  /** Whether an address is that of a proxy, which carries many clients. */
  readonly isProxy: (address: string) => boolean;
  /** Tells a client why its connection is ended, if that is possible. */
  readonly refuse: (socket: Socket, who: 'address' | 'store') => void;
}

/**
 * A socket reads from its first moment, up to a buffer of 64 KiB. Node can start paused only for whole servers.
 */
function readNothing(socket: Socket): void {
  const { _handle: handle } = socket as { readonly _handle?: { readonly readStop?: () => void } | null };
  handle?.readStop?.();
}

/** Counts the connections of all servers that it watches, including those that have sent nothing yet. */
export class Connections {
  private readonly open = new Map<string, number>();
  private total = 0;
  private readonly sockets = new Set<Socket>();
  /** Of connections that have closed. */
  private sentBefore = 0;
  /** Connections that wait for their refusal. */
  private refused = 0;

  constructor(private readonly options: ConnectionsOptions) {}

  /**
   * From now on, ends connections above the limits before the server sees them. It first waits without reading.
   * So opening them repeatedly takes their client as long.
   *
   * @param refuse - how to refuse them, if not as the options say
   */
  watch(server: Server, refuse = this.options.refuse): void {
    const listeners = server.listeners('connection') as Listener[];
    server.removeAllListeners('connection').on('connection', (socket: Socket) => {
      const exhausted = this.enter(socket);
      if (exhausted) this.keepWaiting(socket, () => refuse(socket, exhausted));
      else for (const listener of listeners) listener.call(server, socket);
    });
  }

  /** Connections that are open now. */
  get count(): number {
    return this.total;
  }

  /** Bytes that were sent since the start, on all connections. */
  get sentBytes(): number {
    let bytes = this.sentBefore;
    for (const socket of this.sockets) bytes += socket.bytesWritten;
    return bytes;
  }

  private enter(socket: Socket): 'address' | 'store' | undefined {
    const address = peerAddress(socket);
    const count = (this.open.get(address) ?? 0) + 1;
    if (this.total >= MAX_CONNECTIONS) return 'store';
    if (count > MAX_CONNECTIONS_PER_ADDRESS && !this.options.isProxy(address)) return 'address';
    this.open.set(address, count);
    this.total += 1;
    this.sockets.add(socket);
    socket.once('close', () => this.leave(address, socket));
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

  private leave(address: string, socket: Socket): void {
    this.sockets.delete(socket);
    this.sentBefore += socket.bytesWritten;
    const count = (this.open.get(address) ?? 0) - 1;
    if (count > 0) this.open.set(address, count);
    else this.open.delete(address);
    this.total -= 1;
  }
}
