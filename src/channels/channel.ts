import { didYouMean } from '../common/did-you-mean.js';
import { StoreError } from '../common/errors.js';

/** From the safest to the riskiest. A device on one risk also accepts every safer one. */
export const RISKS = ['stable', 'candidate', 'beta', 'edge'] as const;

export type Risk = (typeof RISKS)[number];

/** A channel in its full form. */
export interface Channel {
  readonly track: string;
  readonly risk: Risk;
  readonly branch?: string;
}

export const DEFAULT_TRACK = 'latest';

/** Longest valid channel name, in characters. Tracks and branches of the official store are much shorter. */
export const MAX_CHANNEL_LENGTH = 256;

/**
 * The characters of a track or branch: no slash, no space, nothing with a special meaning in a shell or a URL.
 */
const PART = /^[a-zA-Z0-9](?:[-a-zA-Z0-9._]*[a-zA-Z0-9])?$/;

export function isRisk(part: string): part is Risk {
  return (RISKS as readonly string[]).includes(part);
}

function invalidChannel(name: string, why: string): StoreError {
  return new StoreError('invalid-channel', `cannot use channel ${JSON.stringify(name.slice(0, 80))}: ${why}`);
}

/** Splits one to three parts into track, risk and branch. */
function splitParts(name: string): { track: string; risk: string; branch?: string | undefined } {
  const parts = name.split('/');
  const [first = '', second, third] = parts;
  if (parts.length > 3) throw invalidChannel(name, 'it has more than the three parts track/risk/branch');
  if (second === undefined) {
    return isRisk(first) ? { track: DEFAULT_TRACK, risk: first } : { track: first, risk: 'stable' };
  }
  if (third === undefined && isRisk(first)) return { track: DEFAULT_TRACK, risk: first, branch: second };
  return { track: first, risk: second, branch: third };
}

/**
 * Parses a channel name as a device or an operator writes it.
 *
 * @param name - one to three parts, `track/risk/branch`; a single risk means the `latest` track, and so does
 *   `risk/branch`; any other single part is a track
 * @returns the full form: track `latest` and risk `stable` filled in
 * @throws StoreError `invalid-channel` on an empty part, an unknown risk or invalid characters
 * @see snapcore/snapd: snap/channel/channel.go, ParseVerbatim and Full
 */
export function parseChannel(name: string): Channel {
  if (name.length > MAX_CHANNEL_LENGTH)
    throw invalidChannel(name, `it is longer than ${MAX_CHANNEL_LENGTH} characters`);
  const { track, risk, branch } = splitParts(name);
  for (const part of branch === undefined ? [track] : [track, branch]) {
    if (!PART.test(part))
      throw invalidChannel(
        name,
        part === '' ? 'a part is empty' : `${JSON.stringify(part)} is not a track or branch name`,
      );
  }
  if (!isRisk(risk))
    throw invalidChannel(
      name,
      `${JSON.stringify(risk)} is not a risk (${RISKS.join(', ')})${didYouMean(risk, RISKS)}`,
    );
  return branch === undefined ? { track, risk } : { track, risk, branch };
}

/** The full name, `track/risk` or `track/risk/branch`, which operators see. */
export function formatChannel({ track, risk, branch }: Channel): string {
  return branch === undefined ? `${track}/${risk}` : `${track}/${risk}/${branch}`;
}

/** The short name in the official store's answers, without the track if it is `latest`. */
export function shortChannelName(channel: Channel): string {
  const full = formatChannel(channel);
  return channel.track === DEFAULT_TRACK ? full.slice(DEFAULT_TRACK.length + 1) : full;
}

/** The risks that serve a device on `risk`, in order: the risk itself, then each safer one. */
export function risksFrom(risk: Risk): readonly Risk[] {
  return RISKS.slice(0, RISKS.indexOf(risk) + 1).toReversed();
}

/** Applies a snap's default track to a channel name without a track: `2.0/edge` for `edge`. */
export function onDefaultTrack(defaultTrack: string | null, channelName: string): string | undefined {
  if (defaultTrack === null || defaultTrack === DEFAULT_TRACK || !isRisk(channelName)) return undefined;
  return `${defaultTrack}/${channelName}`;
}
