import { readdir } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { StoreError } from '../../common/errors.js';
import { inspectOrRefusal, type InputKind } from '../input-kind.js';

/** Most files of a folder that are searched for the assertions and components of a snap. */
export const MAX_NEIGHBOURS = 2_000;

/** A file in the same folder as another one. */
interface Neighbour {
  readonly path: string;
  readonly sizeBytes: number;
}

/** The marks that copying adds to a name: `jq_1 (1).snap`, `jq_1 - Copy.snap`, `jq_1 copy.snap`, `jq_1.snap.part`. */
const COPY_MARK = / ?(?:\(\d{1,3}\)| - Copy| copy)(?: \d{1,3})?$/i;

function withoutCopyMark(stem: string): string {
  return stem.replace(COPY_MARK, '');
}

/** A file's name without its suffix. */
function stemOf(name: string): string {
  const suffix = extname(name);
  return /^\.(?:snap|comp|assert|assertion|assertions)$/i.test(suffix) ? name.slice(0, -suffix.length) : name;
}

/**
 * The possible names of a snap's assertion file in the same folder, in order and in lower case, since the case of a name
 * has no meaning on a FAT stick.
 */
export function assertionNames(snapName: string): string[] {
  const stem = stemOf(snapName).toLowerCase();
  const stems = [...new Set([stem, snapName.toLowerCase(), withoutCopyMark(stem)])];
  return stems.flatMap((one) => ['.assert', '.assertion', '.assertions'].map((suffix) => one + suffix));
}

/** The names in a file's folder; empty if it cannot be read. */
async function namesBeside(path: string): Promise<string[]> {
  return await readdir(dirname(path)).catch(() => []);
}

/** A file of the same folder with one of these lower-case names; an exact match comes first. */
export async function findNamed(path: string, lowerNames: readonly string[]): Promise<string | undefined> {
  const names = await namesBeside(path);
  for (const wanted of lowerNames) {
    const found =
      names.find((name) => name === wanted) ?? names.find((name) => name.toLowerCase() === wanted);
    if (found !== undefined) return join(dirname(path), found);
  }
  return undefined;
}

/** The other files of the folder whose content has this type; at most {@link MAX_NEIGHBOURS} files are read. */
export async function neighboursOfKind(path: string, kind: InputKind): Promise<Neighbour[]> {
  const found: Neighbour[] = [];
  for (const name of (await namesBeside(path)).toSorted().slice(0, MAX_NEIGHBOURS)) {
    const other = join(dirname(path), name);
    if (other === path) continue;
    const inspected = await inspectOrRefusal(other);
    if (!(inspected instanceof StoreError) && inspected.kind === kind)
      found.push({ path: other, sizeBytes: inspected.sizeBytes });
  }
  return found;
}
