import type { Expectation } from './operators.service.js';

/** How a change of something is made. */
export interface ChangeOptions<State> {
  /** Sees the state before the change, in its transaction, and may refuse the change. */
  readonly expect?: Expectation<State> | undefined;
  /** Is told the state after the change, in its transaction. */
  readonly settled?: ((after: State) => void) | undefined;
  /** Check everything, but change nothing. */
  readonly dryRun?: boolean | undefined;
}
