import { Composer, type CST, isAlias, isMap, isScalar, isSeq, Lexer, type Node, Parser } from 'yaml';
import { indentFlowLines } from './flow-indent.js';

/**
 * YAML as text: every scalar is the text that stands in the file (`1.10` stays `1.10`), an empty or null one is
 * `undefined`.
 */
export type YamlValue = string | undefined | readonly YamlValue[] | YamlMap;
export type YamlMap = ReadonlyMap<string, YamlValue>;

/** Most nodes of one document, counted again for every key that a merge (`<<`) brings in. */
export const MAX_YAML_NODES = 100_000;

/** How many collections and values may stand in each other. A level of a snap.yaml takes two, and real ones have ten. */
export const MAX_YAML_DEPTH = 200;

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
  return new Converter().convert(read(text));
}

/** The document as it is or, where that cannot be read, with the lines indented that libyaml does not indent. */
function read(text: string): unknown {
  try {
    return compose(text);
  } catch (error) {
    const indented = indentFlowLines(text);
    if (indented === text) throw error;
    try {
      return compose(indented);
    } catch {
      throw error;
    }
  }
}

/** The contents of the first document. */
function compose(text: string): unknown {
  const composer = new Composer({
    schema: 'failsafe',
    // Comparing every key with every other would take quadratic time.
    uniqueKeys: false,
    prettyErrors: false,
  });
  // Text that is one error after the other would have as many objects made for it.
  Object.assign(composer, {
    onError: (_source: unknown, _code: string, message: string, isWarning?: boolean) => {
      if (isWarning !== true) throw new Error(oneLine(message));
    },
  });
  const [document] = composer.compose(tokens(text), true, text.length);
  const error = document?.errors[0];
  if (error !== undefined) throw new Error(oneLine(error.message));
  return document?.contents;
}

function oneLine(message: string): string {
  return message.split('\n')[0] ?? '';
}

/** What the composer is given, bounded: it calls itself for each level, and a stack that ends there ends the process. */
function* tokens(text: string): Generator<CST.Token, void, void> {
  const parser = new Parser();
  let isPast = false;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      if (token.type === 'error') throw new Error(oneLine(token.message));
      yield token;
      isPast ||= token.type === 'document';
    }
    // Further documents are passed over, as snapd does.
    if (isPast && parser.stack.length > 0) return;
    if (parser.stack.length > MAX_YAML_DEPTH) throw new Error('it is nested too deeply');
  }
  yield* parser.end();
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
