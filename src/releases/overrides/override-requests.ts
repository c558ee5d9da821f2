import { parseChannel } from '../../channels/channel.js';
import { isFields } from '../../common/domain/json.js';
import { MAX_INTEGER, SERIES } from '../../common/domain/words.js';
import { parseEnd } from '../../common/end-time.js';
import { StoreError } from '../../common/errors.js';
import { parseGroupName } from '../../groups/device-group.js';
import type { OverrideRequest } from './overrides.service.js';

/** Most overrides in one request. */
export const MAX_OVERRIDES = 1_000;

function refuse(what: string): StoreError {
  return new StoreError('invalid-request', `cannot read overrides: ${what}`);
}

function overrideRequest(value: unknown, index: number): OverrideRequest {
  const where = `entry ${index + 1}`;
  if (!isFields(value)) throw refuse(`${where} is not an object`);
  const { snap_name: name, revision, channel, series, expires_at: end, group, new_track: newTrack } = value;
  if (typeof name !== 'string' || name === '') throw refuse(`${where} has no snap_name`);
  if (typeof channel !== 'string') throw refuse(`${where} has no channel`);
  if (series !== SERIES) throw refuse(`the series of ${where} is not "${SERIES}"`);
  const isRevision =
    typeof revision === 'number' && Number.isInteger(revision) && revision > 0 && revision <= MAX_INTEGER;
  if (revision !== null && !isRevision)
    throw refuse(`the revision of ${where} is neither null nor a number from 1 to ${MAX_INTEGER}`);
  if (end !== undefined && (typeof end !== 'string' || revision === null))
    throw refuse(`the expires_at of ${where} is not allowed, because a null revision deletes the override`);
  if (group !== undefined && typeof group !== 'string') throw refuse(`the group of ${where} is not a string`);
  if (newTrack !== undefined && typeof newTrack !== 'boolean')
    throw refuse(`the new_track of ${where} is neither true nor false`);
  return {
    name,
    channel: parseChannel(channel),
    revision,
    until: end === undefined ? undefined : parseEnd(end),
    ...(group !== undefined && { group: parseGroupName(group) }),
    // The original has no such member. So only tracks that look like mistyped risks require it.
    tracks: newTrack === true ? 'any' : 'unlike-a-risk',
  };
}

/**
 * Parses the body of `/v2/metadata/overrides`: the documented list, in which a revision of `null`
 * deletes. `expires_at`, `group` and `new_track` are ours.
 *
 * @param body - the decoded JSON
 * @throws StoreError `invalid-request` or `invalid-channel` on any other shape
 */
export function parseOverrideRequests(body: unknown): OverrideRequest[] {
  if (!Array.isArray(body) || body.length === 0) throw refuse('the body is not a non-empty list');
  if (body.length > MAX_OVERRIDES) throw refuse(`it has more than ${MAX_OVERRIDES} entries`);
  return body.map(overrideRequest);
}
