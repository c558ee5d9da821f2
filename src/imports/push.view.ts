import { digestToHex } from '../common/crypto/digest.js';
import type { FileOutcome } from './import-batch.service.js';
import type { BundleFacts, ChannelOutcome, ImportReport, SnapOutcome } from './import-report.js';
import type { MissingSnap } from './missing-snaps.service.js';

function snapView({ name, snapId, revisions, components, channels, store, media }: SnapOutcome): object {
  return {
    name,
    'snap-id': snapId,
    revisions,
    components,
    channels: channels.map(channelView),
    ...(store !== undefined && { store }),
    ...(media && { media: media.map(({ type, digest }) => ({ type, 'sha3-384': digestToHex(digest) })) }),
  };
}

function channelView({ channel, architecture, from, to, outcome, versions }: ChannelOutcome): object {
  return {
    channel,
    architecture,
    from,
    to,
    outcome,
    ...(versions && { 'from-version': versions.from, 'to-version': versions.to }),
  };
}

/** A snap that others need, as JSON. */
export function missingView({ name, architecture, neededBy }: MissingSnap): object {
  return { name, architecture, 'needed-by': neededBy };
}

function bundleView({ createdAt, source, signedBy, newerSeen }: BundleFacts): object {
  return {
    'created-at': createdAt.toISOString(),
    source,
    'signed-by': signedBy ?? null,
    'newer-seen': newerSeen?.createdAt.toISOString() ?? null,
  };
}

/** The outcome of one file as JSON: of `push-snap --json` and of an import over the network. */
export function outcomeView({ file, report, error }: FileOutcome): object {
  if (report) return { ...reportView(report), file };
  return { file, outcome: 'refused', error: { code: error?.code, message: error?.message } };
}

function reportView(report: ImportReport): object {
  const { file, snaps, assertionsAdded, bytesAdded, changed, isDryRun, bundle } = report;
  return {
    file,
    outcome: changed ? 'pushed' : 'unchanged',
    'dry-run': isDryRun,
    changed,
    'assertions-added': assertionsAdded,
    'bytes-added': bytesAdded,
    ...(bundle && { bundle: bundleView(bundle) }),
    snaps: snaps.map(snapView),
  };
}
