import { shortChannelName } from './channel/channel.js';
import type { AssertionQuery } from './refresh-request.js';
import type { AssertionsResult, ErrorResult, RefreshResult, SnapResult } from './refresh.service.js';
import { timeView, type FieldChoice } from './snap-json.view.js';

function snapResultText(result: SnapResult, fields: FieldChoice, origin: string): string {
  const { action, entry, revision, channel, releasedAt } = result;
  const head = JSON.stringify({
    result: action.kind,
    'instance-key': action.instanceKey,
    'snap-id': entry.snap.snapId,
    name: entry.snap.name,
    ...(channel && { 'effective-channel': shortChannelName(channel) }),
    ...(releasedAt && { 'released-at': timeView(releasedAt) }),
  });
  return `${head.slice(0, -1)},"snap":${entry.jsonOf(revision).text(fields, origin)}}`;
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

function resultText(result: RefreshResult, fields: FieldChoice, origin: string): string {
  switch (result.kind) {
    case 'snap':
      return snapResultText(result, fields, origin);
    case 'error':
      return JSON.stringify(errorResultView(result));
    case 'assertions':
      return JSON.stringify(assertionsResultView(result, origin));
  }
}

/** The body of `/v2/snaps/refresh`. Put together as text: each revision's JSON is made once and kept. */
export function refreshView(results: readonly RefreshResult[], fields: FieldChoice, origin: string): string {
  return `{"error-list":[],"results":[${results.map((result) => resultText(result, fields, origin)).join(',')}]}`;
}
