import type { Attack } from './attack.js';
import { askForSerials } from './device-talk.js';
import * as odd from './odd-requests.js';
import {
  ACTIONS,
  categories,
  cohortsMadeUp,
  download,
  findOrdinary,
  infoKnown,
  knownSnaps,
  longBody,
  names,
  REFRESH,
  type MakeRequest,
} from './requests.js';

type Words = Partial<Omit<Attack, 'name' | 'way' | 'connections' | 'request'>>;

function attack(
  name: string,
  way: Attack['way'],
  connections: number,
  request?: MakeRequest,
  more: Words = {},
): Attack {
  return { name, finding: 'new', way, connections, ...(request && { request }), ...more };
}

/**
 * The second round: attacks that are not in the review. `docs/explanation/threat-model.md` lists the results.
 */
export const NEW_ATTACKS: readonly Attack[] = [
  attack('one-byte chunks, 8 MB of them', 'ask', 4, odd.oneByteChunks(8_000_000)),
  attack('one-byte chunks, 15 KB of them on each of 500', 'unread', 500, odd.unfinishedChunks(15_000)),
  attack('aborted refreshes', 'abort', 64, knownSnaps(30), { variants: 4 }),
  attack('aborted large refreshes', 'abort', 64, knownSnaps(ACTIONS, {}, true), { variants: 5 }),
  attack('aborted searches', 'abort', 64, findOrdinary),
  attack('aborted refreshes from 40 addresses', 'abort', 160, knownSnaps(ACTIONS, {}, true), {
    variants: 5,
    addresses: 40,
  }),
  attack('Expect: 100-continue, and no body', 'unread', 500, odd.expectContinue),
  attack('a chunk extension of 1 MB', 'ask', 16, odd.chunkExtension(1 << 20)),
  attack('4,667 ranges', 'ask', 64, odd.manyRanges),
  attack('bodies that are gzip bombs', 'ask', 16, odd.gzipBomb),
  attack('1,900 headers', 'ask', 64, odd.manyHeaders, { variants: 10 }),
  attack('16 small questions at a time, answers read slowly', 'sip', 500, infoKnown, { depth: 16 }),
  attack('OPTIONS, TRACE, CONNECT, PROPFIND', 'ask', 64, odd.oddMethods, { variants: 4 }),
  attack('HEAD of a large file', 'ask', 64, odd.headDownload),
  attack('If-None-Match with 2,800 names', 'ask', 64, odd.manyEtags, { variants: 30 }),
  attack('cohorts of 500 snaps', 'ask', 16, odd.cohortsKnown, { variants: 20 }),
  attack('cohorts of 500 unknown snaps', 'ask', 16, cohortsMadeUp, { variants: 100 }),
  attack('nonces', 'ask', 64, odd.nonces),
  attack('unknown media', 'ask', 64, odd.mediaMadeUp, { variants: 5_000 }),
  attack('one question in many spellings', 'ask', 64, odd.infoSpellings, { variants: 5_000 }),
  attack('refreshes of other snaps, fields and channels', 'ask', 8, odd.refreshSpellings, { variants: 30 }),
  attack('X-Forwarded-For of somebody else', 'ask', 64, odd.forwarded, { variants: 500 }),
  attack('latest of unknown sequences', 'ask', 64, odd.unknownSequence, { variants: 5_000 }),
  attack('1,500 delta formats', 'ask', 16, odd.deltaFormats, { variants: 20 }),
  attack('long answers and files, not read', 'unread', 24, odd.answersAndFiles, { variants: 8 }),
  attack('16 large refreshes on each of 512 connections', 'ask', 512, knownSnaps(ACTIONS), { depth: 16 }),
  attack('names that are no names', 'ask', 64, odd.oddNames, { variants: 500 }),
  attack('searches for wildcards', 'ask', 64, odd.oddSearches, { variants: 200 }),
  attack('connections, one after the other', 'connect', 64),
  attack('600 connections that say nothing', 'silent', 600),
  attack(
    'categories and names in turn',
    'ask',
    64,
    (target, serial) => (serial % 2 === 0 ? names(target, serial) : categories(target, serial)),
    { variants: 2 },
  ),
  attack('200 addresses, refreshes of 30 snaps', 'ask', 800, knownSnaps(30), { addresses: 200 }),
  attack('200 addresses, downloads not read', 'unread', 800, download, { addresses: 200 }),
  { ...attack('serials with bodies of 4 KiB', 'talk', 4), conversation: askForSerials(190, 4 << 10) },
  attack('TLS handshakes', 'connect', 64, undefined, { tls: true }),
  attack('600 connections without a TLS handshake', 'silent', 600, undefined, { tls: true }),
  attack('bodies over TLS that lack a byte', 'unfinished', 500, longBody(REFRESH, 16_000), { tls: true }),
];
