import type { CatalogueSnap } from './catalogue-snap.js';

/** The origin of a request for snaps. */
export interface Asker {
  /** The address of the device, for its turn if snaps must be read. */
  readonly address: string;
  /** The brand stores whose snaps it gets in addition to public ones; undefined: all stores. */
  readonly stores?: readonly string[] | undefined;
}

/** This machine itself: a command, a worker. */
export const OURSELVES: Asker = { address: '' };

/** Added to an id or a name, makes it one that no snap has; searching for it takes the same time. */
export const NOBODYS = '\u0001';

/** Whether the asker may see a snap. */
export function mayGet({ storeId }: CatalogueSnap, { stores }: Asker): boolean {
  return storeId === null || stores === undefined || stores.includes(storeId);
}

/** PostgreSQL stores no string with NUL, and no name is empty. */
export function isUnaskable(text: string): boolean {
  return text === '' || text.includes('\0');
}
