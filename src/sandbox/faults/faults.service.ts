import { Injectable } from '@nestjs/common';
import { StoreError } from '../../common/errors.js';
import { matchesPath, type Fault, type FaultKind } from './fault.js';

/** Faults that wait at the same time. */
export const MAX_FAULTS = 100;

/** Which faults are still to come. */
@Injectable()
export class FaultsService {
  private waiting: readonly Fault[] = [];

  list(): readonly Fault[] {
    return this.waiting;
  }

  /** @throws StoreError `conflict` where {@link MAX_FAULTS} wait already */
  add(fault: Fault): void {
    if (this.waiting.length >= MAX_FAULTS)
      throw new StoreError('conflict', `cannot make this fault: ${MAX_FAULTS} are waiting already`);
    this.waiting = [...this.waiting, fault];
  }

  clear(): void {
    this.waiting = [];
  }

  /** The first of these kinds that is about this path, counted as having happened. */
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
