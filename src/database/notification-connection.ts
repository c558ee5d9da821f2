import { Socket } from 'node:net';
import { Client } from 'pg';
import { clientConfig, type DatabaseConnection } from './database-connection.js';

/**
 * How often the server is probed, and how long its answer may take. Otherwise a connection that was cut without
 * notice would look alive until somebody writes to it.
 */
const HEARTBEAT_MS = 5_000;
const ANSWER_MS = 5_000;

/** If the last answer is older than this, the connection counts as lost. */
const FRESH_MS = HEARTBEAT_MS + ANSWER_MS;

export interface NotificationListener {
  readonly onMessage: (channel: string, payload: string) => void;
  /** Called once when the connection is lost; not after `close`. */
  readonly onLost: () => void;
}

/** The one connection of a process that listens. */
export class NotificationConnection {
  private aliveAt = performance.now();
  private readonly heartbeat: NodeJS.Timeout;
  private ended = false;

  private constructor(
    private readonly client: Client,
    private readonly socket: Socket,
    private readonly listener: NotificationListener,
  ) {
    client.on('notification', ({ channel, payload }) => listener.onMessage(channel, payload ?? ''));
    client.on('end', () => this.lose());
    this.heartbeat = setInterval(() => void this.beat(), HEARTBEAT_MS).unref();
  }

  static async open(
    connection: DatabaseConnection,
    listener: NotificationListener,
  ): Promise<NotificationConnection> {
    const socket = new Socket();
    const client = new Client({
      ...clientConfig(connection),
      application_name: 'snap-store-proxy notifications',
      query_timeout: ANSWER_MS,
      stream: () => socket,
    });
    // The end of the connection is handled elsewhere. Without a listener, its error would end the process.
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (error) {
      socket.destroy();
      throw error;
    }
    return new NotificationConnection(client, socket, listener);
  }

  async listen(channel: string): Promise<void> {
    try {
      await this.client.query(`listen ${this.client.escapeIdentifier(channel)}`);
      this.aliveAt = performance.now();
    } catch (error) {
      this.lose();
      throw error;
    }
  }

  isFresh(): boolean {
    return !this.ended && performance.now() - this.aliveAt < FRESH_MS;
  }

  /** Closes immediately, whether or not the server still answers. */
  close(): void {
    this.ended = true;
    clearInterval(this.heartbeat);
    this.client.end().catch(() => undefined);
    this.socket.destroySoon();
  }

  private async beat(): Promise<void> {
    const askedAt = performance.now();
    try {
      await this.client.query('select');
      this.aliveAt = askedAt;
    } catch {
      this.lose();
    }
  }

  private lose(): void {
    if (this.ended) return;
    this.close();
    this.socket.destroy();
    this.listener.onLost();
  }
}
