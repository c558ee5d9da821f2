import type { ImportDto } from './imports.dto.js';
import type { PushJob, PushJobOptions } from './push-job.js';

/** A job as JSON, without its result. */
export function pushJobView(job: PushJob): Omit<ImportDto, never> {
  const { id, state, actor, files, error, attempts } = job;
  return {
    id,
    state,
    actor: { kind: actor.kind, name: actor.name },
    options: optionsView(job.options),
    files: files.map(({ name, sizeBytes }) => ({ filename: name, 'size-bytes': sizeBytes })),
    'total-bytes': job.totalBytes,
    'done-bytes': job.doneBytes,
    error: error ?? null,
    'cancelled-by': job.cancelledBy,
    attempts,
    'created-at': job.createdAt.toISOString(),
    'started-at': job.startedAt?.toISOString() ?? null,
    'ended-at': job.endedAt?.toISOString() ?? null,
  };
}

function optionsView({
  channels,
  pushChannelMap,
  newTrack,
  store,
  isStoreExport,
  dryRun,
}: PushJobOptions): object {
  return {
    channels,
    'push-channel-map': pushChannelMap,
    'new-track': newTrack,
    store: store ?? null,
    'store-export': isStoreExport,
    'dry-run': dryRun,
  };
}
