import { StoreError } from '../../common/errors.js';

/** Parses a member of a request, and names it in the refusal. */
export function inField<T>(field: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof StoreError) || error.fields) throw error;
    throw new StoreError(error.code, error.message, { cause: error, field });
  }
}
