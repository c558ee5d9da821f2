export interface ByteBudgetLimits {
  readonly perAddressBytes: number;
  readonly totalBytes: number;
  /** An address that holds less is never refused for what others hold. */
  readonly reservedBytes: number;
}

/** Who has too much of a budget already. */
export type Exhausted = 'address' | 'store';

/** Memory that addresses share: how much each of them holds, and all of them together. */
export class ByteBudget {
  private readonly held = new Map<string, number>();
  private total = 0;

  constructor(private readonly limits: ByteBudgetLimits) {}

  /** What is held by all, in bytes. */
  get heldBytes(): number {
    return this.total;
  }

  /**
   * Takes a part, which {@link give} gives back.
   *
   * @returns whose share is used up, and nothing is taken then; undefined where it was taken
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
