import type { DownloadsService } from '../device-api/downloads/downloads.service.js';
import type { RefreshFiguresService } from '../device-api/refresh/refresh-figures.service.js';
import type { FrontFigures } from '../front/front.js';
import { by, counter, gauge, one, type FamilySource, type Sample } from './family.js';
import { BOUNDS, type RequestFigures } from './request-figures.js';

/** The listeners of this unit. */
export interface Traffic {
  readonly requests: RequestFigures;
  readonly front: { readonly figures: FrontFigures };
  readonly underWay: { readonly count: number; readonly abortedCount: number };
}

/** What requests cost and get. */
export function trafficFamilies(
  { requests, front, underWay }: Traffic,
  refresh: RefreshFiguresService,
  downloads: DownloadsService,
): FamilySource[] {
  const { snap, component, delta } = downloads.sent;
  return [
    {
      name: 'http_request_duration_seconds',
      help: 'Time from the request to the last byte of its answer, by route and status.',
      type: 'histogram',
      read: () => durations(requests),
    },
    gauge('http_requests_in_progress', 'Requests that are being answered, mostly downloads.', () =>
      one(underWay.count),
    ),
    counter('http_requests_aborted', 'Answers that the client did not take to the end.', () =>
      one(underWay.abortedCount),
    ),
    gauge('connections', 'Open connections on all ports.', () => one(front.figures.connections)),
    counter('sent_bytes', 'Bytes sent on all ports.', () => one(front.figures.sentBytes)),
    counter('download_bytes', 'Bytes of files sent, by what they are.', () =>
      by('kind', { snap: snap.bytes, component: component.bytes, delta: delta.bytes }),
    ),
    counter('refresh_results', 'What devices got for the actions of their refreshes.', () =>
      refresh.figures.map(({ result, code, count }) => ({ labels: { result, code }, value: count })),
    ),
    counter('refresh_delta_offers', 'Results of refreshes with a delta.', () => one(refresh.withDelta)),
  ];
}

function durations(requests: RequestFigures): Sample[] {
  return requests.routes.flatMap(({ method, route, byStatus }) =>
    [...byStatus].flatMap(([status, { counts, sumSeconds }]) => {
      const labels = { method, route, status: String(status) };
      let total = 0;
      const buckets = counts.map((count, index): Sample => {
        total += count;
        const bound = BOUNDS[index];
        return {
          labels: { ...labels, le: bound === undefined ? '+Inf' : String(bound) },
          value: total,
          suffix: '_bucket',
        };
      });
      return [
        ...buckets,
        { labels, value: sumSeconds, suffix: '_sum' as const },
        { labels, value: total, suffix: '_count' as const },
      ];
    }),
  );
}
