import { Injectable } from '@nestjs/common';
import type { RefreshResult } from './refresh-result.js';

/** How many results of one kind refreshes had. */
export interface RefreshFigure {
  /** `install`, `download`, `refresh`, `fetch-assertions` or `error`. */
  readonly result: string;
  /** The code of an error; else empty. */
  readonly code: string;
  readonly count: number;
}

/** Counts the results of refreshes, which is all that devices ask of their snaps. */
@Injectable()
export class RefreshFiguresService {
  private readonly results = new Map<string, number>();
  private readonly errors = new Map<string, number>();
  /** Results that a device can fetch as a delta. */
  withDelta = 0;

  note(result: RefreshResult): void {
    if (result.kind === 'error') return add(this.errors, result.code);
    add(this.results, result.kind === 'snap' ? result.action.kind : 'fetch-assertions');
    if (result.kind === 'snap' && result.delta) this.withDelta += 1;
  }

  get figures(): RefreshFigure[] {
    return [
      ...[...this.results].map(([result, count]) => ({ result, code: '', count })),
      ...[...this.errors].map(([code, count]) => ({ result: 'error', code, count })),
    ];
  }
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
