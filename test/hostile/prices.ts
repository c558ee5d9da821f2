import { badSignature, openSessions, type Conversation } from './device-talk.js';
import {
  ACTIONS,
  assertionMadeUp,
  categories,
  chainMadeUp,
  channelSpellings,
  cohortsMadeUp,
  deepLists,
  download,
  findNoArchitecture,
  findNothing,
  findOrdinary,
  guess,
  infoKnown,
  infoMadeUp,
  knownSnaps,
  longNames,
  madeUpAssertions,
  madeUpIds,
  madeUpRevisions,
  madeUpSets,
  manyFormats,
  names,
  oldDetails,
  oldMetadata,
  oldSearch,
  sameSnapAgain,
  type MakeRequest,
} from './requests.js';

/** A kind of request whose price is measured: one at a time, while the store is idle. */
export interface PricedRequest {
  readonly name: string;
  /** The letter of the security review, or `-` for requests of every device. */
  readonly finding: string;
  readonly request?: MakeRequest;
  /** Priced as a whole. */
  readonly conversation?: Conversation;
  /** A file or the list of all names. Its answer may have any length. */
  readonly mayBeLong?: boolean;
}

export const PRICED_REQUESTS: readonly PricedRequest[] = [
  { name: 'refresh of one', finding: '-', request: knownSnaps(1) },
  { name: 'refresh of 30', finding: '-', request: knownSnaps(30) },
  { name: 'refresh of 2,000 known', finding: 'B2', request: knownSnaps(ACTIONS) },
  { name: 'refresh of 2,000 by revision', finding: 'B2', request: knownSnaps(ACTIONS, { revision: 1 }) },
  { name: 'refresh, 200 x 10 unknown sets', finding: 'B1', request: madeUpSets(200, 10) },
  { name: 'refresh, 2,000 x 10 unknown sets', finding: 'B1', request: madeUpSets(ACTIONS, 10) },
  { name: 'refresh, 2,000 x 100 unknown sets', finding: 'B1', request: madeUpSets(ACTIONS, 100) },
  { name: 'refresh, one snap 2,000 times', finding: 'B2', request: sameSnapAgain(ACTIONS) },
  { name: 'refresh, 2,000 spellings of a channel', finding: 'B10', request: channelSpellings(ACTIONS) },
  { name: 'refresh, 2,000 unknown ids', finding: 'B6', request: madeUpIds(ACTIONS) },
  { name: 'refresh, 10,000 unknown assertions', finding: 'B6', request: madeUpAssertions(10_000) },
  { name: 'refresh, 600,000 assertion-max-formats', finding: 'B7', request: manyFormats(600_000) },
  { name: 'refresh, lists 4,000,000 deep', finding: 'B7', request: deepLists(4_000_000) },
  { name: 'refresh, 2,000 names of 4 KB', finding: 'B7', request: longNames(ACTIONS, 4_000) },
  { name: 'refresh, 5,000 unknown revisions', finding: 'B10', request: madeUpRevisions(5_000) },
  { name: 'find, ordinary', finding: '-', request: findOrdinary },
  { name: 'find, nothing fits', finding: 'B5', request: findNothing },
  { name: 'find, unknown architecture', finding: 'B5', request: findNoArchitecture },
  { name: 'names', finding: 'B5', request: names, mayBeLong: true },
  { name: 'categories', finding: '-', request: categories },
  { name: 'info, known', finding: '-', request: infoKnown },
  { name: 'info, unknown', finding: 'B6', request: infoMadeUp },
  { name: 'assertion, unknown', finding: 'B6', request: assertionMadeUp },
  { name: 'old metadata of 500 known', finding: 'new', request: oldMetadata([]) },
  { name: 'old metadata, snap.yaml of each', finding: 'new', request: oldMetadata(['snap_yaml_raw']) },
  { name: 'old search, all fields', finding: 'new', request: oldSearch },
  { name: 'old details', finding: 'new', request: oldDetails },
  { name: 'old chain, unknown file', finding: 'new', request: chainMadeUp },
  { name: 'cohorts, 500 unknown', finding: 'B6', request: cohortsMadeUp },
  { name: 'download of 100 MB', finding: 'B4', request: download, mayBeLong: true },
  { name: 'wrong management password', finding: 'B8', request: guess },
  { name: 'session, unknown serial', finding: 'B9', conversation: openSessions },
  { name: 'session, bad signature of 16384 bits', finding: 'B9', conversation: badSignature },
];
