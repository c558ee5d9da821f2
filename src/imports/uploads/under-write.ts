import { StoreError } from '../../common/errors.js';
import { MAX_PARTS, MAX_PARTS_PER_PRINCIPAL } from './upload.js';

/** A part of a file that arrives. */
interface Write {
  readonly id: string;
  readonly principal: string;
  /** Ends it from outside. */
  readonly cut: () => void;
}

interface RunningWrite extends Write {
  ended: Promise<unknown>;
}

/** The parts that arrive at this unit: few at a time, and one of each file. */
export class UnderWrite {
  private readonly running = new Map<string, RunningWrite>();

  /** Ends the part of a file that still arrives: its client has a new connection. Waits until it is counted. */
  async end(id: string): Promise<void> {
    const write = this.running.get(id);
    write?.cut();
    await write?.ended.catch(() => undefined);
  }

  /** Ends all of them. What has arrived counts. */
  endAll(): void {
    for (const { cut } of this.running.values()) cut();
  }

  /** @throws StoreError `too-many-requests`, or `conflict` if another part of the file arrives */
  async run<T>(write: Write, work: () => Promise<T>): Promise<T> {
    if (this.running.has(write.id))
      throw new StoreError('conflict', 'cannot accept the part: another part of the same file arrives');
    const own = [...this.running.values()].filter(({ principal }) => principal === write.principal).length;
    if (own >= MAX_PARTS_PER_PRINCIPAL || this.running.size >= MAX_PARTS)
      throw new StoreError(
        'too-many-requests',
        `cannot accept the part: ${own >= MAX_PARTS_PER_PRINCIPAL ? `you send ${own}` : `the store receives ${this.running.size}`} parts at the same time; send it later`,
      );
    const ended = work();
    this.running.set(write.id, { ...write, ended });
    try {
      return await ended;
    } finally {
      this.running.delete(write.id);
    }
  }
}
