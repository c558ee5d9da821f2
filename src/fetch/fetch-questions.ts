import type { NeededSnap } from '../catalogue/needed-snaps.js';
import { formatChannel, parseChannel, type Channel } from '../channels/channel.js';
import { StoreError } from '../common/errors.js';
import { DEFAULT_CHANNEL, type WantedSnap } from './fetch-request.js';
import type { OfferRefusal } from './refresh-answer.js';
import type { SnapAction } from './upstream-client.js';

/** One snap of one architecture: what a channel points at, or one revision. */
export interface Question {
  readonly architecture: string;
  readonly action: SnapAction;
  /** Where it is released to; undefined for where it was found. */
  readonly releaseTo: readonly Channel[] | undefined;
  /** What needs it; undefined for what was asked for by name. */
  readonly neededBy: (NeededSnap & { readonly by: string }) | undefined;
}

/** The questions that a snap somebody asked for comes down to. */
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

/** What is needed along is taken from where devices take it. */
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

/** What an upstream store's refusal means to whoever asked. */
export function refusalLine(question: Question, { code, message, releases }: OfferRefusal): string {
  const why =
    code === 'name-not-found' || code === 'id-not-found' ? 'the upstream store has no such snap' : message;
  const elsewhere = releases.length > 0 ? ` (it is released to ${releases.slice(0, 8).join(', ')})` : '';
  return `cannot fetch ${shownQuestion(question)}: ${why}${elsewhere}`;
}

export function notOffered(question: Question, refusal: OfferRefusal): StoreError {
  const { neededBy } = question;
  const hint = neededBy ? `, and ${neededBy.by} needs it (--no-deps fetches without)` : '';
  return new StoreError('not-found', refusalLine(question, refusal) + hint);
}
