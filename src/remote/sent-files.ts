import { open, stat } from 'node:fs/promises';
import { relative } from 'node:path';
import { StoreError } from '../common/errors.js';
import { fileTrouble } from '../common/files/file-trouble.js';
import { findGivenFiles } from '../common/files/given-files.js';
import { readBounded } from '../common/streams.js';
import { MAX_COMMAND_INPUT_BYTES } from './command-limits.js';
import { INPUT_TOO_LONG, type SentFile } from './command-request.js';

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

/** Reads the files that a command names, for sending them along. */
export class FileReader {
  private readonly files = new Map<string, SentFile>();
  private bytes = 0;

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
    if (!found.isDirectory()) return { content: await this.read(name) };
    const { files, unreadable: troubles } = await findGivenFiles([{ shown: name, path: name }]);
    for (const [path, why] of troubles) throw unreadable(path, new Error(why));
    const entries = [];
    for (const { path } of files)
      entries.push({ path: relative(name, path), content: await this.read(path) });
    return { entries };
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

function unreadable(path: string, error: unknown): StoreError {
  return new StoreError('invalid-request', `cannot read ${path}: ${fileTrouble(error)}`, { cause: error });
}

/** The error for files or an input that are too long to be sent along. */
export function tooMuch(): StoreError {
  return new StoreError('too-large', `cannot send the command: ${INPUT_TOO_LONG}`);
}
