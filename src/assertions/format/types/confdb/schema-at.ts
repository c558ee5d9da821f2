import type { Accessor } from './storage-path.js';
import type { SchemaKind, StorageSchema } from './storage-schema.js';
import type { Work } from './work.js';

type Kinds = ReadonlySet<SchemaKind>;

/** The kind of an alias is that of its type. */
function kindOf(schema: StorageSchema): SchemaKind {
  return schema.kind === 'alias' ? kindOf(schema.type) : schema.kind;
}

/** One path, starting at any place of the storage. */
class Walk {
  constructor(
    private readonly path: readonly Accessor[],
    private readonly work: Work,
  ) {}

  /** @returns the kinds at the end of the path from its step `at` on; undefined if the path does not exist */
  from(schema: StorageSchema, at: number): Kinds | undefined {
    this.work.spend(1);
    const isEnd = at === this.path.length;
    switch (schema.kind) {
      case 'any':
        return new Set(['any']);
      case 'alternatives':
        this.work.spend(schema.alternatives.length);
        return isEnd ? new Set(schema.alternatives.map(kindOf)) : this.fromAll(schema.alternatives, at);
      case 'alias':
        return isEnd ? new Set([kindOf(schema)]) : this.from(schema.type, at);
      case 'map':
        return isEnd ? new Set(['map']) : this.fromMap(schema, at);
      case 'array':
        return isEnd ? new Set(['array']) : this.fromArray(schema.values, at);
      case 'string':
      case 'int':
      case 'number':
      case 'bool':
        return isEnd ? new Set([schema.kind]) : undefined;
    }
  }

  private fromMap(schema: StorageSchema & { kind: 'map' }, at: number): Kinds | undefined {
    const step = this.path[at];
    if (step?.kind !== 'key' && step?.kind !== 'key-placeholder') return undefined;
    // If the type of the values is not given, snapd crashes on the rest of the path.
    if (!schema.entries) return schema.values && this.from(schema.values, at + 1);
    if (step.kind === 'key-placeholder') return this.fromAll([...schema.entries.values()], at + 1);
    const entry = schema.entries.get(step.name);
    return entry && this.from(entry, at + 1);
  }

  private fromArray(values: StorageSchema, at: number): Kinds | undefined {
    const kind = this.path[at]?.kind;
    return kind === 'index' || kind === 'index-placeholder' ? this.from(values, at + 1) : undefined;
  }

  /** One of several must contain the path. If there are none, the result is empty, which is not an error. */
  private fromAll(schemas: readonly StorageSchema[], at: number): Kinds | undefined {
    this.work.spend(schemas.length);
    const found = schemas.map((schema) => this.from(schema, at));
    const all = found.flatMap((kinds) => (kinds ? [...kinds] : []));
    return all.length === 0 && found.includes(undefined) ? undefined : new Set(all);
  }
}

/**
 * The kinds that can be stored at the end of a path.
 *
 * @returns kinds in the order of the storage; undefined if the path does not exist
 * @throws HeaderError if it takes too many steps
 * @see snapcore/snapd: confdb/schema.go, the SchemaAt methods
 */
export function kindsAt(schema: StorageSchema, path: readonly Accessor[], work: Work): Kinds | undefined {
  return new Walk(path, work).from(schema, 0);
}
