import type { Conversation } from './device-talk.js';
import type { MakeRequest } from './requests.js';

/**
 * What each connection of an attacker does:
 *
 * - `ask`: asks, reads the answer, asks again;
 * - `unread`: asks, and reads nothing from then on;
 * - `unfinished`: sends all but the last byte;
 * - `drip`: sends the head, and then a byte a second;
 * - `talk`: holds a conversation, and another;
 * - `abort`: sends, and ends the connection before the answer;
 * - `connect`: connects, and ends it (over TLS after the handshake);
 * - `silent`: connects, and sends nothing, no handshake either;
 * - `sip`: asks, and reads a little of the answers every second.
 *
 * One that is closed is opened again, until the time is over.
 */
export type Way = 'ask' | 'unread' | 'unfinished' | 'drip' | 'talk' | 'abort' | 'connect' | 'silent' | 'sip';

/** One way to harm a store from one address. Plain data, but for the bytes, which are made for each store. */
export interface Attack {
  readonly name: string;
  /** The letter of the security review, or `new`. */
  readonly finding: string;
  readonly way: Way;
  readonly connections: number;
  /** Addresses that it comes from; one where it is left out. */
  readonly addresses?: number;
  readonly request?: MakeRequest;
  readonly conversation?: Conversation;
  /** Different requests that are made before the clock runs, and take turns. */
  readonly variants?: number;
  /** Requests sent at once on one connection (pipelined). */
  readonly depth?: number;
  /** Over TLS, and so is the normal client. */
  readonly tls?: boolean;
  /** Also asks as the operator, with the right password, from the normal client's address. */
  readonly withOperator?: boolean;
  /** One of the ten rounds of `--rounds short`. */
  readonly short?: boolean;
}
