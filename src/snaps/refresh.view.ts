import { shortChannelName } from './channel/channel.js';
import { deltaView } from './delta.js';
import type { AssertionQuery } from './refresh-request.js';
import type { AssertionsResult, ErrorResult, RefreshResult, SnapResult } from './refresh-result.js';

const BODY_START = Buffer.from('{"error-list":[],"results":[');
/** snapd opens a new session and asks again: store/errors.go, errDeviceAuthorizationNeedsRefresh. */
const SOFT_EXPIRED_START = Buffer.from(
  '{"error-list":[{"code":"device-authorization-needs-refresh","message":"the device session ends soon"}],"results":[',
);
const BODY_END = Buffer.from(']}');
const COMMA = Buffer.from(',');

function appendSnapResult(
  pieces: Buffer[],
  { action, offer, redirect, delta }: SnapResult,
  origin: Buffer,
): void {
  pieces.push(
    Buffer.from(`{"result":"${action.kind}","instance-key":${JSON.stringify(action.instanceKey)},`),
  );
  if (redirect !== undefined) pieces.push(Buffer.from(`"redirect-channel":${JSON.stringify(redirect)},`));
  const items = delta && Buffer.from(JSON.stringify(deltaView(delta, origin.toString())));
  offer.appendMembersTo(pieces, origin, items);
}

function errorResultView({ instanceKey, name, snapId, code, message, releases }: ErrorResult): object {
  const extra = {
    releases: releases.map(({ architecture, channel }) => ({
      architecture,
      channel: shortChannelName(channel),
    })),
  };
  return {
    result: 'error',
    'instance-key': instanceKey,
    // snapd drops an install's error that does not name its snap.
    ...(name !== undefined && { name }),
    ...(snapId !== undefined && { 'snap-id': snapId }),
    error: { code, message, ...(releases.length > 0 && { extra }) },
  };
}

function missingView({ type, primaryKey, sequenceKey }: AssertionQuery): object {
  return {
    code: 'not-found',
    message: `no ${type} assertion with that key`,
    type,
    ...(primaryKey ? { 'primary-key': primaryKey } : { 'sequence-key': sequenceKey }),
  };
}

function assertionsResultView({ key, paths, missing }: AssertionsResult, origin: string): object {
  const head = { result: 'fetch-assertions', key };
  if (missing.length > 0)
    return { ...head, 'assertion-stream-urls': [], 'error-list': missing.map(missingView) };
  return { ...head, 'assertion-stream-urls': paths.map((path) => origin + path) };
}

/**
 * The body of `/v2/snaps/refresh`. Put together from pieces: what a channel offers is made once and kept.
 *
 * @param isSoftExpired - whether the device is to renew its session; any other error here would spoil the results
 */
export function refreshView(
  results: readonly RefreshResult[],
  origin: string,
  isSoftExpired = false,
): Buffer {
  const originBytes = Buffer.from(origin);
  const pieces = [isSoftExpired ? SOFT_EXPIRED_START : BODY_START];
  for (const [index, result] of results.entries()) {
    if (index > 0) pieces.push(COMMA);
    if (result.kind === 'snap') appendSnapResult(pieces, result, originBytes);
    else
      pieces.push(
        Buffer.from(
          JSON.stringify(
            result.kind === 'error' ? errorResultView(result) : assertionsResultView(result, origin),
          ),
        ),
      );
  }
  return Buffer.concat([...pieces, BODY_END]);
}
