import { shortChannelName } from '../../channels/channel.js';
import { EMPTY } from '../release-lines.js';
import type { OverrideView } from './overrides.service.js';

function placeOf({ name, channel, architecture }: OverrideView): string {
  return `${name} ${shortChannelName(channel)} ${architecture}`;
}

function groupOf({ group }: OverrideView): string {
  return group === undefined ? '' : ` for group ${group}`;
}

function endOf({ until }: OverrideView): string {
  return until === undefined ? '' : ` until ${until.toISOString()}`;
}

/** `jq stable amd64 11`, what `override` prints. */
export function overrideLine(override: OverrideView): string {
  return `${placeOf(override)} ${override.revision}${groupOf(override)}${endOf(override)}`;
}

/** `core18 stable armhf 1725 (upstream 1706)`; an empty channel has no revision. */
export function listedLine(override: OverrideView): string {
  const { revision, upstreamRevision } = override;
  const upstream = upstreamRevision === null ? '' : ` (upstream ${upstreamRevision})`;
  return `${placeOf(override)} ${revision}${upstream}${groupOf(override)}${endOf(override)}`;
}

/** `core18 stable amd64 is tracking upstream (revision 1705)`. */
export function deletedLine(override: OverrideView): string {
  const { upstreamRevision } = override;
  const upstream = upstreamRevision === null ? EMPTY : `revision ${upstreamRevision}`;
  return `${placeOf(override)}${groupOf(override)} is tracking upstream (${upstream})`;
}
