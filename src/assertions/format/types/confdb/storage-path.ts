import { HeaderError } from '../../header-checks.js';
import { quote } from '../../quote.js';

/** Names of confdbs, views, keys, parameters and aliases. snapcore/snapd: confdb/confdb.go, validSubkey */
export const SUBKEY = /^[a-z](?:-?[a-z0-9])*$/;
const INDEX = /^\[\d+\]$/;
const KEY_PLACEHOLDER = /^\{([a-z](?:-?[a-z0-9])*)\}$/;
const INDEX_PLACEHOLDER = /^\[\{([a-z](?:-?[a-z0-9])*)\}\]$/;
/** `[.field={parameter}]`, without the brackets and the first dot. */
const FILTER = /^([^=]*)=\{([^=]+)\}$/s;

/** One step of a path: `key`, `[1]`, `{placeholder}` or `[{placeholder}]`. */
export interface Accessor {
  readonly kind: 'key' | 'index' | 'key-placeholder' | 'index-placeholder';
  /** Without brackets and braces. */
  readonly name: string;
  /** Parameters by the fields that they filter; undefined if there are none. */
  readonly filters: ReadonlyMap<string, string> | undefined;
}

interface Subkey {
  readonly text: string;
  readonly filters: ReadonlyMap<string, string> | undefined;
}

/** Splits a path at its dots and brackets. */
class Splitter {
  private readonly subkeys: Subkey[] = [];
  private text = '';
  private filters: Map<string, string> | undefined;

  constructor(private readonly path: string) {}

  split(): readonly Subkey[] {
    let at = 0;
    while (at < this.path.length) at = this.takeAt(at);
    this.finish();
    return this.subkeys;
  }

  /** @returns the position of the next character to read */
  private takeAt(at: number): number {
    const character = this.path.charAt(at);
    if (character === '.') {
      this.finish();
      return at + 1;
    }
    if (this.path.startsWith('[.', at)) return this.takeFilter(at + 2);
    if (character === '[') this.finish();
    if (this.filters) throw this.error('has something after a field filter that is not the next sub-key');
    this.text += character;
    return at + 1;
  }

  private takeFilter(start: number): number {
    const end = this.path.indexOf(']', start);
    const [, field = '', parameter = ''] = FILTER.exec(end === -1 ? '' : this.path.slice(start, end)) ?? [];
    if (!SUBKEY.test(field) || !SUBKEY.test(parameter))
      throw this.error('has a field filter that is not of the form [.field={parameter}]');
    this.filters ??= new Map();
    if (this.filters.has(field)) throw this.error(`filters field ${quote(field)} twice`);
    this.filters.set(field, parameter);
    return end + 1;
  }

  private finish(): void {
    if (this.text === '') throw this.error('has an empty sub-key');
    this.subkeys.push({ text: this.text, filters: this.filters });
    this.text = '';
    this.filters = undefined;
  }

  private error(why: string): HeaderError {
    return new HeaderError(`path ${quote(this.path)} ${why}`);
  }
}

/**
 * Parses a path of a view's rule, such as `a.{b}[{n}].c[.kind={kind}]`.
 *
 * @param mayIndex - whether `[1]` is allowed: in `storage`, not in `request`
 * @throws HeaderError if it is malformed
 * @see snapcore/snapd: confdb/confdb.go, ParsePathIntoAccessors and splitViewPath
 */
export function parsePath(path: string, mayIndex: boolean): readonly Accessor[] {
  return new Splitter(path).split().map(({ text, filters }): Accessor => {
    if (SUBKEY.test(text)) return { kind: 'key', name: text, filters };
    if (INDEX.test(text) && mayIndex) return { kind: 'index', name: text.slice(1, -1), filters };
    const key = KEY_PLACEHOLDER.exec(text)?.[1];
    if (key !== undefined) return { kind: 'key-placeholder', name: key, filters };
    const index = INDEX_PLACEHOLDER.exec(text)?.[1];
    if (index !== undefined) return { kind: 'index-placeholder', name: index, filters };
    throw new HeaderError(`path ${quote(path)} has a malformed sub-key: ${quote(text)}`);
  });
}
