import {
  askForSerials,
  AUTH,
  fatContexts,
  narrowedSessions,
  openSessions,
  type Conversation,
} from './device-talk.js';
import {
  ACTIONS,
  channelSpellings,
  deepLists,
  download,
  findNoArchitecture,
  findNothing,
  guess,
  knownSnaps,
  longBody,
  longNames,
  madeUpAssertions,
  madeUpIds,
  madeUpRevisions,
  madeUpSets,
  manyFormats,
  names,
  OVERRIDES,
  REFRESH,
  sameSnapAgain,
  type MakeRequest,
} from './requests.js';

/**
 * What each connection of an attacker does:
 *
 * - `ask`: asks, reads the answer, asks again;
 * - `unread`: asks, and reads nothing from then on;
 * - `unfinished`: sends all but the last byte;
 * - `drip`: sends the head, and then a byte a second;
 * - `talk`: holds a conversation, and another.
 *
 * One that is closed is opened again, until the time is over.
 */
export type Way = 'ask' | 'unread' | 'unfinished' | 'drip' | 'talk';

/** One way to harm a store from one address. Plain data, but for the bytes, which are made for each store. */
export interface Attack {
  readonly name: string;
  /** The letter of the security review, or `new`. */
  readonly finding: string;
  readonly way: Way;
  readonly connections: number;
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

const EIGHT_MB = (8 << 20) - 64;

/** The attacks of the security review, by its letters. */
export const REVIEW_ATTACKS: readonly Attack[] = [
  {
    name: '2,000 x 100 unknown validation sets',
    finding: 'B1',
    way: 'ask',
    connections: 1,
    request: madeUpSets(ACTIONS, 100),
    variants: 2,
    short: true,
  },
  {
    name: '2,000 x 10 unknown validation sets',
    finding: 'B1',
    way: 'ask',
    connections: 4,
    request: madeUpSets(ACTIONS, 10),
    variants: 8,
  },
  {
    name: 'one snap 2,000 times, answers not read',
    finding: 'B2',
    way: 'unread',
    connections: 8,
    request: sameSnapAgain(ACTIONS),
    short: true,
  },
  {
    name: '2,000 known snaps, answers not read',
    finding: 'B2',
    way: 'unread',
    connections: 64,
    request: knownSnaps(ACTIONS),
    variants: 5,
  },
  {
    name: '2,000 known snaps, answers read',
    finding: 'B2',
    way: 'ask',
    connections: 16,
    request: knownSnaps(ACTIONS),
    variants: 5,
  },
  {
    name: '150 bodies of 8 MB that lack a byte',
    finding: 'B3',
    way: 'unfinished',
    connections: 150,
    request: longBody(REFRESH, EIGHT_MB),
    short: true,
  },
  {
    name: '150 such bodies without a password',
    finding: 'B3',
    way: 'unfinished',
    connections: 150,
    request: longBody(OVERRIDES, EIGHT_MB),
  },
  {
    name: '2,000 bodies, a byte a second',
    finding: 'B3',
    way: 'drip',
    connections: 2_000,
    request: longBody(REFRESH, 60_000),
  },
  {
    name: '2,000 bodies for sessions, a byte a second',
    finding: 'B3',
    way: 'drip',
    connections: 2_000,
    request: longBody(`${AUTH}/sessions`, 60_000),
  },
  {
    name: '1,500 downloads on one connection, not read',
    finding: 'B4',
    way: 'unread',
    connections: 1,
    request: download,
    depth: 1_500,
    short: true,
  },
  {
    name: '300 downloads on one connection, not read',
    finding: 'B4',
    way: 'unread',
    connections: 1,
    request: download,
    depth: 300,
  },
  {
    name: '500 connections with a download, not read',
    finding: 'B4',
    way: 'unread',
    connections: 500,
    request: download,
  },
  {
    name: '64 searches that nothing meets',
    finding: 'B5',
    way: 'ask',
    connections: 64,
    request: findNothing,
    short: true,
  },
  {
    name: '64 searches for an unknown architecture',
    finding: 'B5',
    way: 'ask',
    connections: 64,
    request: findNoArchitecture,
  },
  { name: '64 catalogues of names', finding: 'B5', way: 'ask', connections: 64, request: names, short: true },
  {
    name: '2,000 unknown snap-ids',
    finding: 'B6',
    way: 'ask',
    connections: 8,
    request: madeUpIds(ACTIONS),
    variants: 100,
    short: true,
  },
  {
    name: '10,000 unknown assertions',
    finding: 'B6',
    way: 'ask',
    connections: 8,
    request: madeUpAssertions(10_000),
    variants: 40,
  },
  {
    name: '600,000 assertion-max-formats',
    finding: 'B7',
    way: 'ask',
    connections: 4,
    request: manyFormats(600_000),
    short: true,
  },
  { name: 'lists 4,000,000 deep', finding: 'B7', way: 'ask', connections: 4, request: deepLists(4_000_000) },
  {
    name: '2,000 names of 4 KB',
    finding: 'B7',
    way: 'ask',
    connections: 4,
    request: longNames(ACTIONS, 4_000),
    variants: 4,
  },
  {
    name: '40 guess the management password',
    finding: 'B8',
    way: 'ask',
    connections: 40,
    request: guess,
    variants: 5_000,
    withOperator: true,
    short: true,
  },
  {
    name: 'serials with bodies of 480 KiB',
    finding: 'B9',
    way: 'talk',
    connections: 4,
    conversation: askForSerials(190, 480 << 10),
    short: true,
  },
  {
    name: 'the same serials again and again',
    finding: 'B9',
    way: 'talk',
    connections: 16,
    conversation: askForSerials(4, 0),
  },
  {
    name: 'sessions with unknown serials',
    finding: 'B9',
    way: 'talk',
    connections: 16,
    conversation: openSessions,
  },
  {
    name: 'one session in ever new words',
    finding: 'B10',
    way: 'talk',
    connections: 16,
    conversation: narrowedSessions,
  },
  {
    name: 'contexts of 4 MB, each of another device',
    finding: 'B10',
    way: 'talk',
    connections: 4,
    conversation: fatContexts(4_000_000),
    short: true,
  },
  {
    name: 'a channel in ever new spellings',
    finding: 'B10',
    way: 'ask',
    connections: 4,
    request: channelSpellings(ACTIONS),
    variants: 20,
  },
  {
    name: 'revisions that nobody has',
    finding: 'B10',
    way: 'ask',
    connections: 4,
    request: madeUpRevisions(5_000),
    variants: 8,
  },
  {
    name: '200 bodies over TLS, a byte a second',
    finding: 'B3',
    way: 'drip',
    connections: 200,
    request: longBody(REFRESH, 60_000),
    tls: true,
  },
];
