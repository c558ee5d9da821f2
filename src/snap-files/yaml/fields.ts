import { MAX_YAML_DEPTH, MAX_YAML_NODES } from './composer.js';
import type { MapNode, Node, ScalarNode } from './node.js';
import { isMergeKey, scalarType } from './resolve.js';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The node that an alias refers to. */
export function resolved(node: Node): Exclude<Node, { kind: 'alias' }> {
  let found = node;
  while (found.kind === 'alias') found = found.of;
  return found;
}

/** Whether a field counts as missing. @throws Error if its tag names another type than its value */
export function isNull(node: Node): boolean {
  const value = resolved(node);
  return value.kind === 'scalar' && scalarType(value) === 'null';
}

/**
 * A scalar as a string: exactly as written, whatever type it looks like; undefined for null.
 *
 * @throws Error for lists and maps, and if the tag names another type
 * @see gopkg.in/yaml.v2: decode.go, scalar
 */
export function textOf(node: Node, what: string): string | undefined {
  const scalar = resolved(node);
  if (scalar.kind !== 'scalar') throw new Error(`${what} is not a string`);
  const type = scalarType(scalar);
  if (type === 'null') return undefined;
  return type === 'binary' ? decodedBinary(scalar) : scalar.value;
}

function decodedBinary({ value, line }: ScalarNode): string {
  const text = value.replaceAll(/[\r\n]/g, '');
  if (!BASE64.test(text)) throw new Error(`line ${line + 1}: !!binary is not base64`);
  return Buffer.from(text, 'base64').toString('utf8');
}

/** A scalar if it is a string, and not a number or another type that it looks like. */
export function findPlainText(node: Node): string | undefined {
  const scalar = resolved(node);
  if (scalar.kind !== 'scalar') return undefined;
  const type = scalarType(scalar);
  if (type === 'binary') return decodedBinary(scalar);
  return ['str', 'own', 'merge', 'timestamp'].includes(type) ? scalar.value : undefined;
}

/** One budget for all entries of a document that are visited, because merges visit the same ones repeatedly. */
export class EntryBudget {
  private left = MAX_YAML_NODES;

  take(): void {
    this.left -= 1;
    if (this.left < 0) throw new Error(`it has over ${MAX_YAML_NODES} values`);
  }
}

/** A map with names as keys, including its merges. The last of equal keys is used, wherever it comes from. */
export class YamlFields {
  private readonly found = new Map<string, Node[]>();

  /** @param what - its name in messages */
  constructor(
    map: MapNode,
    readonly what: string,
    readonly budget: EntryBudget,
  ) {
    this.read(map, new Set());
  }

  /** @param open - the maps that are being merged */
  private read(map: MapNode, open: Set<MapNode>): void {
    if (open.has(map)) throw new Error(`line ${map.line + 1}: a map is merged into itself`);
    if (open.size >= MAX_YAML_DEPTH) throw new Error('it is nested too deeply');
    open.add(map);
    for (const [key, value] of map.entries) {
      this.budget.take();
      if (key.kind === 'scalar' && isMergeKey(key)) this.merge(value, open);
      else this.add(textOf(key, `a key of ${this.what}`) ?? '', value);
    }
    open.delete(map);
  }

  private add(name: string, value: Node): void {
    const before = this.found.get(name);
    if (before) before.push(value);
    else this.found.set(name, [value]);
  }

  /** The first of several has the highest priority, and so comes last. */
  private merge(source: Node, open: Set<MapNode>): void {
    const sources = source.kind === 'list' ? source.items.toReversed() : [source];
    for (const one of sources) {
      const map = resolved(one);
      if (map.kind !== 'map') throw new Error(`line ${one.line + 1}: a merge (<<) is not a map`);
      this.read(map, open);
    }
  }

  names(): string[] {
    return [...this.found.keys()];
  }

  get(name: string): Node | undefined {
    return this.found.get(name)?.at(-1);
  }

  /** All values of one name, in order. Maps among them are combined. */
  all(name: string): readonly Node[] {
    return this.found.get(name) ?? [];
  }
}
