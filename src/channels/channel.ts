import { StoreError } from '../common/errors.js';
import { didYouMean } from '../common/terminal/did-you-mean.js';

/** From the safest to the riskiest; a device on one risk accepts whatever is safer. */
export const RISKS = ['stable', 'candidate', 'beta', 'edge'] as const;

export type Risk = (typeof RISKS)[number];

/** A channel in its full form. */
export interface Channel {
  readonly track: string;
  readonly risk: Risk;
  readonly branch?: string;
}

export const DEFAULT_TRACK = 'latest';

/** Longest channel name accepted, in characters. Tracks and branches of the official store are far shorter. */
export const MAX_CHANNEL_LENGTH = 256;

/** What a track or branch may be made of: no slash, no space, nothing that a shell or URL would read otherwise. */
const PART = /^[a-zA-Z0-9](?:[-a-zA-Z0-9._]*[a-zA-Z0-9])?$/;

export function isRisk(part: string): part is Risk {
  return (RISKS as readonly string[]).includes(part);
}

function invalidChannel(name: string, why: string): StoreError {
  return new StoreError('invalid-channel', `cannot use channel ${JSON.stringify(name.slice(0, 80))}: ${why}`);
}

/** The track, risk and branch that one to three parts stand for. */
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
 * @param name - one to three parts, `track/risk/branch`; a lone known risk means the `latest` track,
 *   `risk/branch` likewise, any other lone part is a track
 * @returns the full form: track `latest` and risk `stable` filled in
 * @throws StoreError `invalid-channel` on an empty part, an unknown risk or characters that no channel has
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

/** The full name, `track/risk` or `track/risk/branch`, as operators read it. */
export function formatChannel({ track, risk, branch }: Channel): string {
  return branch === undefined ? `${track}/${risk}` : `${track}/${risk}/${branch}`;
}

/** The short name that the official store answers with: the track is left out where it is `latest`. */
export function shortChannelName(channel: Channel): string {
  const full = formatChannel(channel);
  return channel.track === DEFAULT_TRACK ? full.slice(DEFAULT_TRACK.length + 1) : full;
}

/** The risks that serve a device on `risk`, nearest first: its own, then each safer one. */
export function risksFrom(risk: Risk): readonly Risk[] {
  return RISKS.slice(0, RISKS.indexOf(risk) + 1).toReversed();
}

/** The channel that a name without a track stands for where a snap has a default track: `2.0/edge` for `edge`. */
export function onDefaultTrack(defaultTrack: string | null, channelName: string): string | undefined {
  if (defaultTrack === null || defaultTrack === DEFAULT_TRACK || !isRisk(channelName)) return undefined;
  return `${defaultTrack}/${channelName}`;
}
