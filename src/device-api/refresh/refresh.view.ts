import { shortChannelName } from '../../channels/channel.js';
import { StoreError } from '../../common/errors.js';
import { originBytes, type OriginBytes } from '../../common/http/json-template.js';
import type { Origins } from '../../common/http/request-origin.js';
import { MAX_ANSWER_BYTES } from '../../common/limits.js';
import { deltaView } from '../../deltas/delta.js';
import type { AssertionQuery } from './refresh-request.js';
import type { AssertionsResult, ErrorResult, RefreshResult, SnapResult } from './refresh-result.js';

const BODY_START = Buffer.from('{"error-list":[],"results":[');
/** snapd opens a new session and repeats the request: store/errors.go, errDeviceAuthorizationNeedsRefresh. */
const SOFT_EXPIRED_START = Buffer.from(
  '{"error-list":[{"code":"device-authorization-needs-refresh","message":"the device session expires soon"}],"results":[',
);
const BODY_END = Buffer.from(']}');
const COMMA = Buffer.from(',');

function appendSnapResult(
  pieces: Buffer[],
  { action, offer, redirect, delta }: SnapResult,
  origins: OriginBytes,
): void {
  pieces.push(
    Buffer.from(`{"result":"${action.kind}","instance-key":${JSON.stringify(action.instanceKey)},`),
  );
  if (redirect !== undefined) pieces.push(Buffer.from(`"redirect-channel":${JSON.stringify(redirect)},`));
  const items = delta && Buffer.from(JSON.stringify(deltaView(delta, origins.url.toString())));
  offer.appendMembersTo(pieces, origins, items);
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
    // snapd ignores the error of an install without the name of its snap.
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
 * The body of `/v2/snaps/refresh`, built from results as they arrive. It is kept in pieces: the offer of a channel is
 * computed once, and shared by all answers.
 */
export class RefreshAnswer {
  private readonly pieces: Buffer[];
  private readonly originBytes: OriginBytes;
  private sizeBytes = 0;
  private counted = 0;

  /**
   * @param isSoftExpired - whether the device should renew its session; any other error would invalidate the results
   */
  constructor(
    private readonly origins: Origins,
    isSoftExpired = false,
  ) {
    this.originBytes = originBytes(origins);
    this.pieces = [isSoftExpired ? SOFT_EXPIRED_START : BODY_START];
  }

  /** @throws StoreError `too-large` if they exceed the limit of an answer */
  add(result: RefreshResult): void {
    if (this.counted > 0) this.pieces.push(COMMA);
    this.append(result);
    for (; this.counted < this.pieces.length; this.counted += 1)
      this.sizeBytes += this.pieces[this.counted]?.length ?? 0;
    if (this.sizeBytes > MAX_ANSWER_BYTES)
      throw new StoreError(
        'too-large',
        `cannot answer refresh: its results exceed ${MAX_ANSWER_BYTES} bytes; request fewer snaps at a time, or fewer fields`,
      );
  }

  /** The whole body. */
  end(): readonly Buffer[] {
    return [...this.pieces, BODY_END];
  }

  private append(result: RefreshResult): void {
    if (result.kind === 'snap') return appendSnapResult(this.pieces, result, this.originBytes);
    const view =
      result.kind === 'error' ? errorResultView(result) : assertionsResultView(result, this.origins.url);
    this.pieces.push(Buffer.from(JSON.stringify(view)));
  }
}
