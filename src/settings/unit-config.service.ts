import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { parse, stringify } from 'yaml';
import { isFields } from '../common/domain/json.js';
import { StoreError } from '../common/errors.js';
import { dataDirectory, makeDataDirectory } from '../common/files/data-directory.js';
import { replaceFile } from '../common/files/replace-file.js';

const FILE_NAME = 'config.yaml';
/** The file contains the database password. */
const FILE_MODE = 0o600;

/** What to do if the data belongs to another account. Commands of root act as that account. */
function foreignDataHint(error: unknown): string {
  const isForeign = (error as NodeJS.ErrnoException).code === 'EACCES' && process.getuid?.() !== 0;
  return isForeign ? '; run it with sudo, or name a data directory of your own with --data' : '';
}

function isTextMap(value: unknown): value is Record<string, string> {
  return isFields(value) && Object.values(value).every((entry) => typeof entry === 'string');
}

/**
 * The settings of this unit only, in `config.yaml` in its data directory. They are read before the database is
 * opened.
 */
@Injectable()
export class UnitConfigService {
  readonly dataDir = dataDirectory();
  private readonly path = join(this.dataDir, FILE_NAME);

  /** Whether the data directory contains an embedded database. */
  get hasEmbeddedDatabase(): boolean {
    return existsSync(join(this.dataDir, 'postgres'));
  }

  private planned: Readonly<Record<string, string>> = {};

  /**
   * @returns key to string; empty if the file does not exist
   * @throws StoreError `invalid-setting` if the file is not a map of strings
   */
  read(): Record<string, string> {
    return { ...this.readFile(), ...this.planned };
  }

  /** While `work` runs, this process reads these settings as if they were stored. The file is not changed. */
  async planning<T>(values: Readonly<Record<string, string>>, work: () => Promise<T>): Promise<T> {
    this.planned = values;
    try {
      return await work();
    } finally {
      this.planned = {};
    }
  }

  /** As {@link read}, without planned settings. */
  readFile(): Record<string, string> {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
      throw new StoreError(
        'storage-failed',
        `cannot read ${this.path}: ${(error as Error).message}${foreignDataHint(error)}`,
        { cause: error },
      );
    }
    const values: unknown = this.parseYaml(text) ?? {};
    if (!isTextMap(values)) {
      throw new StoreError('invalid-setting', `cannot read ${this.path}: it must map each key to a string`);
    }
    return values;
  }

  /** Writes all keys at once: the file is always either the complete old one or the complete new one. */
  write(values: Readonly<Record<string, string>>): void {
    makeDataDirectory(this.dataDir);
    const sorted = Object.fromEntries(Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const text = stringify(sorted, {
      defaultStringType: 'QUOTE_DOUBLE',
      defaultKeyType: 'PLAIN',
      lineWidth: 0,
    });
    replaceFile(this.path, text, FILE_MODE);
  }

  private parseYaml(text: string): unknown {
    try {
      return parse(text);
    } catch (error) {
      throw new StoreError('invalid-setting', `cannot read ${this.path}: it is not YAML`, { cause: error });
    }
  }
}
