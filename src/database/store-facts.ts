import { MIGRATIONS_TABLE } from './migrations.js';

/** Runs a query in a database. */
export type Ask = <Row>(sql: string, parameters?: readonly unknown[]) => Promise<Row[]>;

/** A revision of a snap. */
export interface HeldSnap {
  readonly snapId: string;
  readonly revision: number;
}

/** The facts that identify the store in a database. */
export interface StoreFacts {
  readonly storeId: string | undefined;
  readonly isAirgapped: boolean;
  readonly snaps: readonly HeldSnap[];
}

const NOTHING: StoreFacts = { storeId: undefined, isAirgapped: false, snaps: [] };

/**
 * Reads which store a database contains. Changes nothing.
 *
 * @returns the facts of an empty store if this program never prepared the database
 */
export async function readStoreFacts(ask: Ask): Promise<StoreFacts> {
  const [prepared] = await ask<{ found: boolean }>('select to_regclass($1) is not null as found', [
    MIGRATIONS_TABLE,
  ]);
  if (prepared?.found !== true) return NOTHING;
  const settings = await ask<{ key: string; value: string }>(
    `select key, value #>> '{}' as value from setting where key in ('internal.store.id', 'proxy.airgap')`,
  );
  const texts = new Map(settings.map(({ key, value }) => [key, value]));
  return {
    storeId: texts.get('internal.store.id'),
    isAirgapped: texts.get('proxy.airgap')?.toLowerCase() === 'true',
    snaps: await ask<HeldSnap>('select snap_id as "snapId", revision from snap_revision'),
  };
}

/** Whether the database contains no data worth keeping. */
export function isEmptyStore({ storeId, isAirgapped, snaps }: StoreFacts): boolean {
  return storeId === undefined && !isAirgapped && snaps.length === 0;
}

/**
 * Whether a database contains all of another one: identity, air-gapped mode, and every revision of every snap.
 */
export function holdsStore(target: StoreFacts, present: StoreFacts): boolean {
  if (present.storeId !== undefined && target.storeId !== present.storeId) return false;
  if (present.isAirgapped && !target.isAirgapped) return false;
  const held = new Set(target.snaps.map(({ snapId, revision }) => `${snapId}_${revision}`));
  return present.snaps.every(({ snapId, revision }) => held.has(`${snapId}_${revision}`));
}

/** `store abc, air-gapped, 12 snap revisions`. */
export function describeStore({ storeId, isAirgapped, snaps }: StoreFacts): string {
  const parts = [
    storeId === undefined ? 'not registered' : `id ${storeId}`,
    ...(isAirgapped ? ['air-gapped'] : []),
    snaps.length === 1 ? '1 snap revision' : `${snaps.length} snap revisions`,
  ];
  return parts.join(', ');
}
