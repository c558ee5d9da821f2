import { channelOf } from '../../channels/channel-map.js';
import { parseChannel, type Channel } from '../../channels/channel.js';
import { isFields, textField, type JsonFields } from '../../common/domain/json.js';
import { isArchitecture } from '../../common/domain/words.js';
import { badDocument } from './bundle-json.js';

/** The revision of a channel at the time when the bundle was made. */
export interface BundledRelease {
  readonly architecture: string;
  readonly channel: Channel;
  readonly revision: number;
  /** When the publisher released it; undefined if the bundle does not say. */
  readonly releasedAt: Date | undefined;
  /** Set if the operator named the channel, because the file has no channel map. */
  readonly isOperators?: true;
}

/** A channel map and its snap, if the document names it. */
export interface BundledChannelMap {
  readonly snapId: string | undefined;
  readonly name: string | undefined;
  readonly releases: readonly BundledRelease[];
}

function parseTime(path: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw badDocument(path, `has an invalid release time: ${JSON.stringify(text.slice(0, 40))}`);
  return time;
}

/** Reads a channel from the members `track`, `risk` and `branch`, or from its name. */
function parseBundledChannel(path: string, fields: JsonFields): Channel {
  const risk = textField(fields, 'risk');
  const name = textField(fields, 'name');
  if (risk === undefined && name === undefined) throw badDocument(path, 'has a release without a channel');
  if (risk === undefined) return parseChannel(name ?? '');
  const branch = textField(fields, 'branch');
  const channel = parseChannel([textField(fields, 'track') ?? 'latest', risk].join('/'));
  if (branch === undefined || branch === '') return channel;
  return channelOf(
    channel.track,
    channel.risk,
    parseChannel(`${channel.track}/${channel.risk}/${branch}`).branch ?? null,
  );
}

function parseRelease(path: string, value: unknown): BundledRelease {
  if (!isFields(value)) throw badDocument(path, 'has a release that is not an object');
  // Our own bundles have no `channel` object; the official `info` answer has one.
  const channelFields = isFields(value['channel']) ? value['channel'] : value;
  const { revision } = value;
  const architecture = textField(channelFields, 'architecture') ?? '';
  if (typeof revision !== 'number' || !Number.isSafeInteger(revision) || revision < 1)
    throw badDocument(path, 'has a release without a revision');
  if (!isArchitecture(architecture)) throw badDocument(path, 'has a release without an architecture');
  return {
    architecture,
    revision,
    channel: parseBundledChannel(path, channelFields),
    releasedAt: parseTime(path, textField(channelFields, 'released-at')),
  };
}

/**
 * Reads a channel map: our own `channel-map.json`, or the `channel-map` of an `info` answer.
 *
 * @returns undefined if the document has no channel map
 * @throws StoreError `invalid-bundle` or `invalid-channel` if its channel map is invalid
 */
export function parseChannelMap(path: string, document: unknown): BundledChannelMap | undefined {
  if (!isFields(document) || !Array.isArray(document['channel-map'])) return undefined;
  return {
    snapId: textField(document, 'snap-id'),
    name: textField(document, 'name'),
    releases: document['channel-map'].map((value: unknown) => parseRelease(path, value)),
  };
}
