import { StoreError } from '../common/errors.js';

/** Where a server listens. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/**
 * Waits for a server that begins to listen.
 *
 * @param opened - resolves when it listens
 * @param chosenBy - the setting or the option that sets the port
 * @returns what `opened` resolves to
 * @throws StoreError `not-configured` with the reason if it cannot listen there
 */
export async function listening<T>(
  opened: Promise<T>,
  { host, port }: Place,
  chosenBy: { readonly setting: string } | { readonly option: string },
): Promise<T> {
  try {
    return await opened;
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    const option = 'option' in chosenBy ? `; give ${chosenBy.option}` : '';
    const higher = 'setting' in chosenBy ? `: set ${chosenBy.setting} to a higher one` : '';
    const why =
      error.code === 'EADDRINUSE'
        ? 'another program listens there'
        : error.code === 'EACCES'
          ? `ports below 1024 need root${higher}`
          : error.message;
    throw new StoreError('not-configured', `cannot listen on ${host} port ${port}: ${why}${option}`, {
      cause: error,
    });
  }
}
