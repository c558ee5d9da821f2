import { isRisk } from '../../../channels/channel.js';

/**
 * Parses the parts of a channel that assertions are checked for.
 *
 * @returns its track, empty if it has none; undefined if the string is not a channel
 * @see snapcore/snapd: snap/channel/channel.go, ParseVerbatim
 */
export function trackOf(channel: string): string | undefined {
  const parts = channel.split('/');
  const [first = '', second] = parts;
  if (parts.length > 3 || parts.includes('')) return undefined;
  if (parts.length < 3 && isRisk(first)) return '';
  return second === undefined || isRisk(second) ? first : undefined;
}
