import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseService } from './database.service.js';
import { NotificationConnection } from './notification-connection.js';

/** Pauses between attempts to listen again. They double from the first to the last. */
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 10_000;

interface Subscriber {
  readonly onMessage: (payload: string) => void;
  readonly onGap: () => void;
}

/**
 * Messages between the processes that share a database, over PostgreSQL's LISTEN and NOTIFY. They tell
 * processes to drop what they hold in memory. No message is stored, and messages are lost while nobody listens.
 * So a subscriber is told when that may have happened.
 */
@Injectable()
export class NotificationsService implements BeforeApplicationShutdown {
  private readonly channels = new Map<string, Set<Subscriber>>();
  private live: NotificationConnection | undefined;
  private readonly heard = new Set<string>();
  private connecting: Promise<void> | undefined;
  private retrying = false;
  private readonly stopping = new AbortController();

  constructor(private readonly database: DatabaseService) {}

  /**
   * Listens on a channel. Returns when it listens, or when the first attempt has failed. Further attempts
   * follow automatically.
   *
   * @param onGap - messages may have been missed: called when the connection is lost, and each time the channel
   *   starts listening
   * @returns ends the subscription
   */
  async subscribe(
    channel: string,
    onMessage: (payload: string) => void,
    onGap: () => void,
  ): Promise<() => void> {
    const subscriber = { onMessage, onGap };
    const subscribers = this.channels.get(channel) ?? new Set();
    this.channels.set(channel, subscribers.add(subscriber));
    const alreadyHeard = this.heard.has(channel);
    if (!(await this.listen())) void this.listenUntilHeard();
    // Data that the subscriber read earlier may have changed before it could be told.
    if (alreadyHeard) onGap();
    return () => {
      subscribers.delete(subscriber);
    };
  }

  /** Whether every message on the channel is received now. If not, nothing may be kept in memory. */
  isLive(channel: string): boolean {
    return this.live !== undefined && this.heard.has(channel) && this.live.isFresh();
  }

  /**
   * Sends a message when the transaction commits, to every process including this one.
   *
   * @param payload - below 8,000 bytes, PostgreSQL's limit
   */
  async publish(tx: EntityManager, channel: string, payload: string): Promise<void> {
    await tx.query('select pg_notify($1, $2)', [channel, payload]);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.connecting;
    this.live?.close();
    this.live = undefined;
  }

  /** Listens on every channel that is not listened to yet. @returns whether all are */
  private async listen(): Promise<boolean> {
    const waitingFor = this.connecting;
    await waitingFor;
    this.connecting ??= this.listenOnce().finally(() => {
      this.connecting = undefined;
    });
    await this.connecting;
    return this.live !== undefined && [...this.channels.keys()].every((channel) => this.heard.has(channel));
  }

  private async listenOnce(): Promise<void> {
    if (this.stopping.signal.aborted) return;
    try {
      const connection = this.live ?? (await this.connect());
      for (const channel of this.channels.keys()) {
        if (this.heard.has(channel)) continue;
        await connection.listen(channel);
        if (this.live !== connection) return;
        this.heard.add(channel);
        this.tellGap(channel);
      }
    } catch {
      // The state "not live" reports it. The following loop tries again.
    }
  }

  private async connect(): Promise<NotificationConnection> {
    const connection = await NotificationConnection.open(await this.database.connection(), {
      onMessage: (channel, payload) => {
        for (const { onMessage } of this.channels.get(channel) ?? []) onMessage(payload);
      },
      onLost: () => {
        if (this.live === connection) this.lose();
      },
    });
    this.live = connection;
    return connection;
  }

  private lose(): void {
    this.live = undefined;
    const lost = [...this.heard];
    this.heard.clear();
    for (const channel of lost) this.tellGap(channel);
    void this.listenUntilHeard();
  }

  private async listenUntilHeard(): Promise<void> {
    if (this.retrying) return;
    this.retrying = true;
    let pauseMs = FIRST_PAUSE_MS;
    while (!this.stopping.signal.aborted && !(await this.listen())) {
      await sleep(pauseMs, undefined, { ref: false, signal: this.stopping.signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS);
    }
    this.retrying = false;
  }

  private tellGap(channel: string): void {
    for (const { onGap } of this.channels.get(channel) ?? []) onGap();
  }
}
