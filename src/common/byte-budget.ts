export interface ByteBudgetLimits {
  readonly perAddressBytes: number;
  readonly totalBytes: number;
  /** An address with less than this is never refused because of others. */
  readonly reservedBytes: number;
}

/** Whose share of a budget is used up. */
export type Exhausted = 'address' | 'store';

/** Memory that addresses share: how much each of them uses, and all of them together. */
export class ByteBudget {
  private readonly held = new Map<string, number>();
  private total = 0;

  constructor(private readonly limits: ByteBudgetLimits) {}

  /** The bytes used by all. */
  get heldBytes(): number {
    return this.total;
  }

  /**
   * Takes bytes, which {@link give} returns.
   *
   * @returns whose share is used up, and then nothing is taken; undefined if the bytes were taken
   */
  take(address: string, bytes: number): Exhausted | undefined {
    const { perAddressBytes, totalBytes, reservedBytes } = this.limits;
    const held = (this.held.get(address) ?? 0) + bytes;
    if (held > perAddressBytes) return 'address';
    if (this.total + bytes > totalBytes && held > reservedBytes) return 'store';
    this.held.set(address, held);
    this.total += bytes;
    return undefined;
  }

  give(address: string, bytes: number): void {
    const held = (this.held.get(address) ?? 0) - bytes;
    if (held > 0) this.held.set(address, held);
    else this.held.delete(address);
    this.total -= bytes;
  }
}
