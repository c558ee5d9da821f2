import { type Document, isAlias, isMap, isScalar, isSeq, type Node, parseDocument } from 'yaml';
import { indentFlowLines } from './flow-indent.js';

/**
 * YAML as text: every scalar is the text that stands in the file (`1.10` stays `1.10`), an empty or null one is
 * `undefined`.
 */
export type YamlValue = string | undefined | readonly YamlValue[] | YamlMap;
export type YamlMap = ReadonlyMap<string, YamlValue>;

/** Most nodes of one document, counted again for every key that a merge (`<<`) brings in. */
export const MAX_YAML_NODES = 100_000;

const PLAIN_TAGS = new Set(['!', ...['str', 'seq', 'map'].map((tag) => `tag:yaml.org,2002:${tag}`)]);
const NULLS = new Set(['', '~', 'null', 'Null', 'NULL']);

/**
 * Parses the first document of a YAML text. The last of equal keys wins, as in snapd's reader. Aliases share one
 * value and are never written out, so a text cannot grow by them.
 *
 * @throws Error with a one-line message on bad syntax, a tag of its own kind, an alias to nothing or to what holds
 *   it, and a text over {@link MAX_YAML_NODES}
 */
export function parseYaml(text: string): YamlValue {
  const asItIs = read(text);
  if (asItIs.errors.length === 0) return new Converter().convert(asItIs.contents);
  const indented = indentFlowLines(text);
  const document = indented === text ? asItIs : read(indented);
  if (document.errors.length === 0) return new Converter().convert(document.contents);
  throw new Error(asItIs.errors[0]?.message.split('\n')[0]);
}

function read(text: string): Document.Parsed {
  return parseDocument(text, {
    schema: 'failsafe',
    // Comparing every key with every other would take quadratic time.
    uniqueKeys: false,
    // Silent also means that further documents are passed over, as snapd does.
    logLevel: 'silent',
    prettyErrors: false,
  });
}

class Converter {
  private readonly anchors = new Map<string, YamlValue>();
  private leftNodes = MAX_YAML_NODES;

  convert(node: unknown): YamlValue {
    this.count(1);
    if (isAlias(node)) return this.resolve(node.source);
    if (!isScalar(node) && !isSeq(node) && !isMap(node)) return undefined;
    if (node.tag !== undefined && !PLAIN_TAGS.has(node.tag))
      throw new Error(`tag ${node.tag} is not allowed`);
    const value = this.convertPlain(node);
    if (node.anchor !== undefined) this.anchors.set(node.anchor, value);
    return value;
  }

  private convertPlain(node: Node): YamlValue {
    if (isSeq(node)) return node.items.map((item) => this.convert(item));
    if (isMap(node)) {
      const map = new Map<string, YamlValue>();
      const merged: YamlValue[] = [];
      for (const { key, value } of node.items) {
        const name = this.convert(key) ?? '';
        if (typeof name !== 'string') throw new Error('a key is not plain text');
        if (name === '<<') merged.push(this.convert(value));
        else map.set(name, this.convert(value));
      }
      for (const source of merged.flat()) this.merge(map, source);
      return map;
    }
    if (!isScalar(node)) return undefined;
    const text = typeof node.value === 'string' ? node.value : '';
    return node.type === 'PLAIN' && NULLS.has(text) ? undefined : text;
  }

  private resolve(name: string): YamlValue {
    if (!this.anchors.has(name)) throw new Error(`alias *${name} has no anchor before it`);
    return this.anchors.get(name);
  }

  /** Keys that stand in the map itself win over merged ones. */
  private merge(map: Map<string, YamlValue>, source: YamlValue): void {
    if (!(source instanceof Map)) throw new Error('a merge (<<) is not a map');
    this.count(source.size);
    for (const [key, value] of source) if (!map.has(key)) map.set(key, value);
  }

  private count(nodes: number): void {
    this.leftNodes -= nodes;
    if (this.leftNodes < 0) throw new Error(`it has over ${MAX_YAML_NODES} values`);
  }
}
