import type { Conversation } from './device-talk.js';
import type { MakeRequest } from './requests.js';

/**
 * What each connection of an attacker does:
 *
 * - `ask`: sends a request, reads the answer, repeats;
 * - `unread`: sends requests, and reads no answer;
 * - `unfinished`: sends all but the last byte;
 * - `drip`: sends the headers, and then a byte a second;
 * - `talk`: holds a conversation of several requests, repeats;
 * - `abort`: sends a request, and ends the connection before the answer;
 * - `connect`: connects, and ends it (over TLS after the handshake);
 * - `silent`: connects, and sends nothing, not even a handshake;
 * - `sip`: sends requests, and reads a few bytes of the answers every second.
 *
 * A closed connection is opened again until the time is over.
 */
export type Way = 'ask' | 'unread' | 'unfinished' | 'drip' | 'talk' | 'abort' | 'connect' | 'silent' | 'sip';

/**
 * One way to attack a store from one address. It is plain data, except for the bytes, which are made for each
 * store.
 */
export interface Attack {
  readonly name: string;
  /** The letter of the security review, or `new`. */
  readonly finding: string;
  readonly way: Way;
  readonly connections: number;
  /** The number of attacking addresses; the default is one. */
  readonly addresses?: number;
  readonly request?: MakeRequest;
  readonly conversation?: Conversation;
  /** The number of different requests that are made before the clock starts and are used in turn. */
  readonly variants?: number;
  /** Requests sent at once on one connection (pipelined). */
  readonly depth?: number;
  /** Over TLS, which the normal client then uses too. */
  readonly tls?: boolean;
  /** Also sends requests as the operator, with the right password, from the normal client's address. */
  readonly withOperator?: boolean;
  /** One of the ten rounds of `--rounds short`. */
  readonly short?: boolean;
}
