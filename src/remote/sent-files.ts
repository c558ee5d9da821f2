import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { StoreError } from '../common/errors.js';
import { fileTrouble } from '../common/files/file-trouble.js';
import { findGivenFiles } from '../common/files/given-files.js';
import { readBounded } from '../common/streams.js';
import { MAX_COMMAND_INPUT_BYTES } from './command-limits.js';
import { INPUT_TOO_LONG, type SentContent, type SentEntry, type SentFile } from './command-request.js';

/** `@FILE`, `--password=@FILE` and `proxy.key=@FILE`. */
const AT_WORD = /^(?:[^=@]+=)?@(.+)$/s;

/** The files that words of a command line name with `@`. */
export function atFilesOf(words: readonly string[]): string[] {
  return words.flatMap((word) => AT_WORD.exec(word)?.[1] ?? []);
}

/** Whether a `-` on a command line stands for the standard input. */
export function namesInput(words: readonly string[]): boolean {
  return words.some((word) => word === '-' || word.endsWith('=-'));
}

/** Files up to this size, in bytes, come along with a command that can upload: most assertions do. */
const MAX_ALONG_BYTES = 64 << 10;

/** A file that belongs to a snap of the same folder. */
const BESIDE = /\.(?:snap|comp|assert(?:ions?)?)$/i;

/** Uploads a file. @returns the id of the upload */
export type UploadFile = (path: string, sizeBytes: number) => Promise<string>;

/** Reads the files that a command names, for sending them along. */
export class FileReader {
  private readonly files = new Map<string, SentFile>();
  private readonly contents = new Map<string, SentContent>();
  private bytes = 0;

  /** @param upload - for long files of a command that takes them; without it, all come along */
  constructor(private readonly upload?: UploadFile) {}

  get sent(): SentFile[] {
    return [...this.files.values()];
  }

  /**
   * Takes a file or folder.
   *
   * @throws StoreError `too-large` if all together are, `invalid-request` if it cannot be read
   */
  async add(name: string): Promise<void> {
    if (this.files.has(name)) return;
    this.files.set(name, { name, ...(await this.contentOf(name)) });
  }

  private async contentOf(name: string): Promise<Omit<SentFile, 'name'>> {
    const found = await stat(name).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw unreadable(name, error);
    });
    // The command itself says so, in its own words.
    if (!found) return {};
    if (!found.isDirectory()) return { ...(await this.once(name)), ...(await this.beside(name)) };
    const { files, unreadable: troubles } = await findGivenFiles([{ shown: name, path: name }]);
    for (const [path, why] of troubles) throw unreadable(path, new Error(why));
    const entries = [];
    for (const { path } of files)
      entries.push({ path: relative(name, path), ...(await this.contentOfFile(path)) });
    return { entries };
  }

  private async contentOfFile(path: string): Promise<SentContent> {
    const found = await stat(path);
    if (this.upload && found.isFile() && found.size > MAX_ALONG_BYTES)
      return { upload: await this.upload(path, found.size) };
    return { content: await this.read(path) };
  }

  /** The assertions and components of a snap: `push-snap` finds them by its name. */
  private async beside(path: string): Promise<{ beside?: SentEntry[] }> {
    if (!this.upload || !BESIDE.test(path)) return {};
    const folder = dirname(path);
    const snap = nameOfSnap(path);
    const entries = [];
    for (const name of (await readdir(folder)).toSorted())
      if (name !== basename(path) && BESIDE.test(name) && nameOfSnap(name) === snap)
        entries.push({ path: name, ...(await this.once(join(folder, name))) });
    return entries.length === 0 ? {} : { beside: entries };
  }

  /** A file that belongs to several named ones is uploaded once. */
  private async once(path: string): Promise<SentContent> {
    const known = this.contents.get(path) ?? (await this.contentOfFile(path));
    this.contents.set(path, known);
    return known;
  }

  private async read(path: string): Promise<string> {
    const file = await open(path, 'r').catch((error: unknown) => {
      throw unreadable(path, error);
    });
    try {
      const left = MAX_COMMAND_INPUT_BYTES - this.bytes;
      const bytes = await readBounded(file.createReadStream() as AsyncIterable<Buffer>, left, tooMuch);
      this.bytes += bytes.length;
      return bytes.toString('base64');
    } catch (error) {
      throw error instanceof StoreError ? error : unreadable(path, error);
    } finally {
      await file.close();
    }
  }
}

/** `jq` of `jq_6.snap`, `jq_6.assert` and `jq+man_2.comp`. */
function nameOfSnap(path: string): string {
  return basename(path).toLowerCase().split(/[_+.]/)[0] ?? '';
}

function unreadable(path: string, error: unknown): StoreError {
  return new StoreError('invalid-request', `cannot read ${path}: ${fileTrouble(error)}`, { cause: error });
}

/** The error for files or an input that are too long to be sent along. */
export function tooMuch(): StoreError {
  return new StoreError('too-large', `cannot send the command: ${INPUT_TOO_LONG}`);
}
