import type { CatalogueSnap } from './catalogue-snap.js';

/** Who asks for snaps. */
export interface Asker {
  /** Of the device, for its turn where snaps must be read. */
  readonly address: string;
  /** The brand stores whose snaps it gets besides those of everybody; undefined: all of them. */
  readonly stores?: readonly string[] | undefined;
}

/** Whoever asks from this machine: a command, a worker. */
export const OURSELVES: Asker = { address: '' };

/** Makes of an id or a name one that no snap has: it costs the same to look for. */
export const NOBODYS = '\u0001';

/** Whether a snap is there for who asks. */
export function mayGet({ storeId }: CatalogueSnap, { stores }: Asker): boolean {
  return storeId === null || stores === undefined || stores.includes(storeId);
}

/** PostgreSQL holds no text with NUL, and nothing has none as its name. */
export function isUnaskable(text: string): boolean {
  return text === '' || text.includes('\0');
}
