import type { NeededSnap } from '../catalogue/needed-snaps.js';
import { formatChannel, parseChannel, type Channel } from '../channels/channel.js';
import { StoreError } from '../common/errors.js';
import { DEFAULT_CHANNEL, type WantedSnap } from './fetch-request.js';
import type { OfferRefusal } from './refresh-answer.js';
import type { UpstreamAction } from './upstream-client.js';

/** A question about one snap and architecture: the revision of a channel, or a given revision. */
export interface Question {
  readonly architecture: string;
  readonly action: UpstreamAction;
  /** The channels to release it to; undefined for the channel of the answer. */
  readonly releaseTo: readonly Channel[] | undefined;
  /** The snap that needs it; undefined if the operator asked for it. */
  readonly neededBy: (NeededSnap & { readonly by: string }) | undefined;
}

/** Makes the questions for a snap that the operator asked for. */
export function questionsFor({ name, revision, channels }: WantedSnap, architecture: string): Question[] {
  if (revision !== undefined)
    return [{ architecture, action: { name, revision }, releaseTo: channels, neededBy: undefined }];
  return channels.map((channel) => ({
    architecture,
    action: { name, channel: formatChannel(channel) },
    releaseTo: undefined,
    neededBy: undefined,
  }));
}

/** A needed snap is fetched from the channel that devices install it from. */
export function questionForNeed(need: NeededSnap, by: string, architecture: string): Question {
  return {
    architecture,
    action: { name: need.name, channel: formatChannel(parseChannel(DEFAULT_CHANNEL)) },
    releaseTo: undefined,
    neededBy: { ...need, by },
  };
}

export function shownQuestion({ action: { name, channel, revision }, architecture }: Question): string {
  return `snap ${name} ${revision === undefined ? `from ${channel}` : `revision ${revision}`} for ${architecture}`;
}

/** Says in one line why the upstream store offers no revision. */
export function refusalLine(question: Question, { code, message, releases }: OfferRefusal): string {
  const why =
    code === 'name-not-found' || code === 'id-not-found'
      ? 'the snap does not exist in the upstream store'
      : message;
  const elsewhere = releases.length > 0 ? ` (it is released to ${releases.slice(0, 8).join(', ')})` : '';
  return `cannot fetch ${shownQuestion(question)}: ${why}${elsewhere}`;
}

export function notOffered(question: Question, refusal: OfferRefusal): StoreError {
  const { neededBy } = question;
  const hint = neededBy ? `, and ${neededBy.by} needs it (--no-deps fetches without)` : '';
  return new StoreError('not-found', refusalLine(question, refusal) + hint);
}
