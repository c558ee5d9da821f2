import { StoreError } from '../../common/errors.js';
import { findGivenFiles, type GivenFile, type TypedFile } from '../../common/files/given-files.js';
import { inspectOrRefusal, UNKNOWN_KIND, type InputKind } from '../input-kind.js';

/** A readable file with its type. */
export interface ClassifiedFile extends GivenFile {
  readonly kind: InputKind;
  readonly sizeBytes: number;
}

/** The files of a command, by content. */
export interface ClassifiedFiles {
  readonly files: readonly ClassifiedFile[];
  /** The names of all files in messages, in their order. */
  readonly shown: readonly string[];
  /** Errors of refused files, by the path as it was typed. */
  readonly refused: ReadonlyMap<string, StoreError>;
  /** Files in folders that are ignored. */
  readonly passedOver: readonly string[];
  /** Symbolic links in folders. */
  readonly links: number;
}

const ASSERTION_NAME = /\.(?:assert|assertion|assertions)$/i;

/** In a folder, a file with such a name is meant for the store: if it cannot be read, that is an error. */
const MEANT =
  /\.(?:(?:snap|comp|assert|assertion|assertions|tar)(?:\.(?:gz|xz|zst|bz2|lz4|7z|zip|part|partial|crdownload|txt))?|tgz|txz|tbz2?)$/i;

/**
 * Finds the types of the given files, and of the files in the given folders.
 *
 * @param takesText - whether a named file of unknown type counts as an assertion file, so that its errors say so
 * @throws StoreError `invalid-request` if a path is given twice
 */
export async function classifyGiven(
  typed: readonly TypedFile[],
  takesText = false,
): Promise<ClassifiedFiles> {
  const { files, shown, unreadable, links } = await findGivenFiles(typed);
  const refused = new Map<string, StoreError>();
  for (const [name, why] of unreadable) refused.set(name, new StoreError('invalid-bundle', why));
  const known: ClassifiedFile[] = [];
  const passedOver: string[] = [];
  for (const file of files) {
    const found = await inspectOrRefusal(file.path);
    if (found instanceof StoreError) refused.set(file.shown, found);
    else if (found.why === UNKNOWN_KIND && (ASSERTION_NAME.test(file.path) || (takesText && file.isNamed)))
      known.push({ ...file, kind: 'assertions', sizeBytes: found.sizeBytes });
    else if (found.kind !== undefined && found.why === undefined)
      known.push({ ...file, kind: found.kind, sizeBytes: found.sizeBytes });
    else if (file.isNamed || MEANT.test(file.path))
      refused.set(file.shown, new StoreError('invalid-bundle', found.why ?? UNKNOWN_KIND));
    else passedOver.push(file.shown);
  }
  return { files: known, shown, refused, passedOver, links };
}

/** Sorts the outcomes of files in the order of the given files. */
export function inGivenOrder<T extends { readonly file: string }>(
  { shown }: Pick<ClassifiedFiles, 'shown'>,
  outcomes: readonly T[],
): T[] {
  const order = new Map(shown.map((name, at) => [name, at]));
  return outcomes.toSorted((a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0));
}

/** Notes about ignored files and links in folders, for the standard error. */
export function folderNotes({ passedOver, links }: ClassifiedFiles): string[] {
  const [first] = passedOver;
  const notes: string[] = [];
  if (first !== undefined)
    notes.push(
      passedOver.length === 1
        ? `ignored ${first}: it contains nothing for a store`
        : `ignored ${passedOver.length} files that contain nothing for a store, such as ${first}`,
    );
  if (links > 0) notes.push(`did not follow ${links} symbolic link${links === 1 ? '' : 's'}`);
  return notes;
}
