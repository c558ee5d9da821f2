import { Injectable } from '@nestjs/common';
import { StoreError } from '../../common/errors.js';
import { matchesPath, type Fault, type FaultKind } from './fault.js';

/** Most faults that wait at the same time. */
export const MAX_FAULTS = 100;

/** The faults that are waiting for a request. */
@Injectable()
export class FaultsService {
  private waiting: readonly Fault[] = [];

  list(): readonly Fault[] {
    return this.waiting;
  }

  /** @throws StoreError `conflict` if {@link MAX_FAULTS} are already waiting */
  add(fault: Fault): void {
    if (this.waiting.length >= MAX_FAULTS)
      throw new StoreError('conflict', `cannot make this fault: ${MAX_FAULTS} are already waiting`);
    this.waiting = [...this.waiting, fault];
  }

  clear(): void {
    this.waiting = [];
  }

  /** Takes the first fault of these kinds that applies to this path, and counts it. */
  take(path: string, kinds: readonly FaultKind[]): Fault | undefined {
    const found = this.waiting.find((fault) => kinds.includes(fault.kind) && matchesPath(fault, path));
    if (found?.count === undefined) return found;
    const left = { ...found, count: found.count - 1 };
    this.waiting = this.waiting.flatMap((fault) =>
      fault !== found ? [fault] : left.count > 0 ? [left] : [],
    );
    return found;
  }
}
