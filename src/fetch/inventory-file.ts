import { readFile, stat } from 'node:fs/promises';
import { digestFromHex } from '../common/crypto/digest.js';
import { isFields, textField, type JsonFields } from '../common/domain/json.js';
import { StoreError } from '../common/errors.js';

/** Largest file of `--have`; ten thousand snaps with ten revisions each are smaller. */
export const MAX_INVENTORY_BYTES = 64 << 20;

/** The files of another store: by snap-id, the SHA3-384 of each revision and, as `NAME_REVISION`, of each component. */
export type Inventory = ReadonlyMap<string, ReadonlyMap<number | string, Buffer>>;

export const NO_INVENTORY: Inventory = new Map();

/** Parses a revision of a snap, or of a component, which also has a name. */
function parseRevision(entry: unknown): [number | string, Buffer] {
  const revision = isFields(entry) ? entry['revision'] : undefined;
  if (!isFields(entry) || typeof revision !== 'number' || !Number.isSafeInteger(revision) || revision < 1)
    throw new Error('a revision has no number');
  const name = textField(entry, 'name');
  const digest = digestFromHex(textField(entry, 'sha3-384') ?? '');
  return [name === undefined ? revision : `${name}_${revision}`, digest];
}

/** The lists of older versions have no components. */
function parseRevisions({ revisions, components = [] }: JsonFields): Map<number | string, Buffer> {
  if (!Array.isArray(revisions)) throw new Error('a snap has no list of revisions');
  if (!Array.isArray(components)) throw new Error('the components of a snap are not a list');
  return new Map([...revisions, ...components].map(parseRevision));
}

function parseInventory(text: string): Inventory {
  const document: unknown = JSON.parse(text);
  if (!isFields(document) || !Array.isArray(document['snaps'])) throw new Error('it has no list of snaps');
  return new Map(
    document['snaps'].map((snap: unknown) => {
      const snapId = isFields(snap) ? textField(snap, 'snap-id') : undefined;
      if (!isFields(snap) || snapId === undefined) throw new Error('a snap has no snap-id');
      return [snapId, parseRevisions(snap)];
    }),
  );
}

/**
 * Reads the output of `list-pushed-snaps --json` from the air-gapped machine.
 *
 * @throws StoreError `invalid-request` if the file is something else
 */
export async function readInventory(path: string): Promise<Inventory> {
  const refuse = (why: string, cause?: unknown) =>
    new StoreError('invalid-request', `cannot use ${path} with --have: ${why}`, { cause });
  let text: string;
  try {
    if ((await stat(path)).size > MAX_INVENTORY_BYTES)
      throw refuse(`it is longer than ${MAX_INVENTORY_BYTES} bytes`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw refuse(missing ? 'there is no such file' : (error as Error).message, error);
  }
  try {
    return parseInventory(text);
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it is not JSON' : (error as Error).message;
    throw refuse(`${why} (give the output of \`list-pushed-snaps --json\`)`, error);
  }
}
