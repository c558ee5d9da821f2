const RISKS = ['stable', 'candidate', 'beta', 'edge'];

export function isRisk(text: string): boolean {
  return RISKS.includes(text);
}

/**
 * Reads as much of a channel as assertions are checked for.
 *
 * @returns its track, empty where it has none; undefined where the text is no channel
 * @see snapcore/snapd: snap/channel/channel.go, ParseVerbatim
 */
export function trackOf(channel: string): string | undefined {
  const parts = channel.split('/');
  const [first = '', second] = parts;
  if (parts.length > 3 || parts.includes('')) return undefined;
  if (parts.length < 3 && isRisk(first)) return '';
  return second === undefined || isRisk(second) ? first : undefined;
}
