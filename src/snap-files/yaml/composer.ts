import type { Mark } from './cursor.js';
import type { ListNode, MapNode, Node, Tag } from './node.js';
import type { Directive, WrittenTag } from './properties.js';
import { Scanner, type YamlToken } from './scanner.js';

/** The most nodes of one document. */
export const MAX_YAML_NODES = 100_000;

/** How deep lists and maps may be nested. Real snaps have ten levels. */
export const MAX_YAML_DEPTH = 200;

const STANDARD_TAGS = 'tag:yaml.org,2002:';

/** Anchor and tag of a node. */
interface Properties {
  readonly anchor: string | undefined;
  readonly tag: Tag;
  readonly isThere: boolean;
}

/**
 * The context of a node: in a block, in a flow collection, or as the value of a key in a block, where lists
 * need no indentation.
 */
type Place = 'block' | 'value' | 'flow';

const ENDS_ENTRY: ReadonlySet<YamlToken['type']> = new Set(['entry', 'block-end']);
const ENDS_INDENTLESS: ReadonlySet<YamlToken['type']> = new Set(['entry', 'key', 'value', 'block-end']);
const ENDS_VALUE: ReadonlySet<YamlToken['type']> = new Set(['key', 'value', 'block-end']);
const NO_CONTENT: ReadonlySet<YamlToken['type']> = new Set([
  'directive',
  'document-start',
  'document-end',
  'stream-end',
]);

/**
 * Makes a tree of the first document of a text. Later documents are not read.
 *
 * @see gopkg.in/yaml.v2: parserc.go; YAML 1.1, chapters 7 to 9
 */
class Composer {
  private readonly anchors = new Map<string, Node>();
  private readonly handles = new Map<string, string>();
  private leftNodes = MAX_YAML_NODES;
  private depth = 0;

  constructor(private readonly scanner: Scanner) {}

  /** @returns undefined if there is no document */
  document(): Node | undefined {
    if (this.scanner.peek().type === 'stream-end') return undefined;
    const hasDirectives = this.takeDirectives();
    if (hasDirectives || this.scanner.peek().type === 'document-start') {
      if (this.scanner.peek().type !== 'document-start') this.fail('a document must start with ---');
      this.scanner.next();
      if (NO_CONTENT.has(this.scanner.peek().type)) return this.nothing(this.scanner.peek().mark);
    }
    const node = this.node('block');
    // Reads up to the end of the document, and no further.
    this.scanner.peek();
    return node;
  }

  private fail(what: string, mark: Mark = this.scanner.peek().mark): never {
    return this.scanner.fail(what, mark);
  }

  private takeDirectives(): boolean {
    let hasVersion = false;
    let isThere = false;
    for (let token = this.scanner.peek(); token.type === 'directive'; token = this.scanner.peek()) {
      isThere = true;
      this.takeDirective(token.directive, hasVersion);
      hasVersion ||= token.directive.name === 'YAML';
      this.scanner.next();
    }
    if (!this.handles.has('!')) this.handles.set('!', '!');
    if (!this.handles.has('!!')) this.handles.set('!!', STANDARD_TAGS);
    return isThere;
  }

  private takeDirective(directive: Directive, hasVersion: boolean): void {
    if (directive.name === 'TAG') {
      if (this.handles.has(directive.handle)) this.fail('%TAG defines a handle twice');
      this.handles.set(directive.handle, directive.prefix);
      return;
    }
    if (hasVersion) this.fail('%YAML occurs twice');
    if (directive.major !== 1 || directive.minor !== 1) this.fail('its %YAML version is not 1.1');
  }

  private node(place: Place): Node {
    this.leftNodes -= 1;
    if (this.leftNodes < 0) throw new Error(`it has over ${MAX_YAML_NODES} values`);
    const first = this.scanner.peek();
    if (first.type === 'alias') {
      this.scanner.next();
      const of = this.anchors.get(first.name);
      if (!of) return this.fail(`alias *${first.name} has no anchor before it`, first.mark);
      return { kind: 'alias', name: first.name, of, line: first.mark.line };
    }
    const properties = this.properties();
    return this.content(place, properties, first.mark);
  }

  private properties(): Properties {
    const first = this.scanner.peek();
    let anchor: string | undefined;
    let tag: WrittenTag | undefined;
    const take = (type: 'anchor' | 'tag') => {
      const token = this.scanner.peek();
      if (token.type !== type) return;
      this.scanner.next();
      if (token.type === 'anchor') anchor = token.name;
      else if (token.type === 'tag') ({ tag } = token);
    };
    take(first.type === 'tag' ? 'tag' : 'anchor');
    if (anchor !== undefined || tag !== undefined) take(first.type === 'tag' ? 'anchor' : 'tag');
    const full = tag === undefined ? '' : this.fullTag(tag, first.mark);
    return { anchor, tag: full, isThere: anchor !== undefined || full !== '' };
  }

  private fullTag({ handle, suffix }: WrittenTag, mark: Mark): Tag {
    if (handle === '') return suffix;
    const prefix = this.handles.get(handle);
    if (prefix === undefined) return this.fail(`the handle ${handle} of a tag is unknown`, mark);
    return prefix + suffix;
  }

  private content(place: Place, { anchor, tag, isThere }: Properties, mark: Mark): Node {
    const token = this.scanner.peek();
    const { line } = mark;
    const keep = <N extends Node>(node: N): N => {
      if (anchor !== undefined) this.anchors.set(anchor, node);
      return node;
    };
    if (place === 'value' && token.type === 'entry')
      return this.within(() => this.indentlessList(keep({ kind: 'list', items: [], line })));
    if (token.type === 'scalar') {
      this.scanner.next();
      const isImplicit = (tag === '' && token.isPlain) || tag === '!';
      return keep({ kind: 'scalar', tag, value: token.value, isImplicit, line });
    }
    if (token.type === 'list-start')
      return this.within(() => this.flowList(keep({ kind: 'list', items: [], line })));
    if (token.type === 'map-start')
      return this.within(() => this.flowMap(keep({ kind: 'map', entries: [], line })));
    if (place !== 'flow' && token.type === 'block-list')
      return this.within(() => this.blockList(keep({ kind: 'list', items: [], line })));
    if (place !== 'flow' && token.type === 'block-map')
      return this.within(() => this.blockMap(keep({ kind: 'map', entries: [], line })));
    if (!isThere) this.fail('expected a value', token.mark);
    return keep({ kind: 'scalar', tag, value: '', isImplicit: tag === '', line });
  }

  private within<N>(compose: () => N): N {
    this.depth += 1;
    if (this.depth > MAX_YAML_DEPTH) throw new Error('it is nested too deeply');
    const node = compose();
    this.depth -= 1;
    return node;
  }

  private nothing({ line }: Mark): Node {
    this.leftNodes -= 1;
    return { kind: 'scalar', tag: '', value: '', isImplicit: true, line };
  }

  private blockList(list: ListNode): ListNode {
    this.scanner.next();
    while (this.scanner.peek().type === 'entry') list.items.push(this.entry('block', ENDS_ENTRY));
    if (this.scanner.peek().type !== 'block-end') this.fail('expected a list entry, "-"');
    this.scanner.next();
    return list;
  }

  private indentlessList(list: ListNode): ListNode {
    while (this.scanner.peek().type === 'entry') list.items.push(this.entry('block', ENDS_INDENTLESS));
    return list;
  }

  /** The node after an indicator; an empty node if another indicator follows. */
  private entry(place: Place, ends: ReadonlySet<YamlToken['type']>): Node {
    const { mark } = this.scanner.next();
    return ends.has(this.scanner.peek().type) ? this.nothing(mark) : this.node(place);
  }

  private blockMap(map: MapNode): MapNode {
    this.scanner.next();
    for (let token = this.scanner.peek(); token.type === 'key'; token = this.scanner.peek()) {
      const key = this.entry('value', ENDS_VALUE);
      const isValue = this.scanner.peek().type === 'value';
      const value = isValue ? this.entry('value', ENDS_VALUE) : this.nothing(this.scanner.peek().mark);
      map.entries.push([key, value]);
    }
    if (this.scanner.peek().type !== 'block-end') this.fail('expected a key');
    this.scanner.next();
    return map;
  }

  private flowList(list: ListNode): ListNode {
    this.scanner.next();
    for (let isFirst = true; this.scanner.peek().type !== 'list-end'; isFirst = false) {
      if (!isFirst) this.comma('a list must continue with "," or end with "]"');
      const token = this.scanner.peek();
      if (token.type === 'key') list.items.push(this.within(() => this.pairInList(token.mark.line)));
      else if (token.type !== 'list-end') list.items.push(this.node('flow'));
    }
    this.scanner.next();
    return list;
  }

  private comma(otherwise: string): void {
    if (this.scanner.peek().type !== 'comma') this.fail(otherwise);
    this.scanner.next();
  }

  /** `[a: b]`: a map of one entry without braces. */
  private pairInList(line: number): MapNode {
    this.leftNodes -= 1;
    this.scanner.next();
    const token = this.scanner.peek();
    let key: Node;
    if (token.type === 'value' || token.type === 'comma' || token.type === 'list-end') {
      // go-yaml skips the indicator, whatever it is.
      this.scanner.next();
      key = this.nothing(token.mark);
    } else key = this.node('flow');
    const value = this.flowValue(['comma', 'list-end']);
    return { kind: 'map', entries: [[key, value]], line };
  }

  private flowValue(ends: readonly YamlToken['type'][]): Node {
    if (this.scanner.peek().type === 'value') {
      this.scanner.next();
      if (!ends.includes(this.scanner.peek().type)) return this.node('flow');
    }
    return this.nothing(this.scanner.peek().mark);
  }

  private flowMap(map: MapNode): MapNode {
    this.scanner.next();
    for (let isFirst = true; this.scanner.peek().type !== 'map-end'; isFirst = false) {
      if (!isFirst) this.comma('a map must continue with "," or end with "}"');
      const token = this.scanner.peek();
      if (token.type === 'key') {
        this.scanner.next();
        const isEmpty = ['value', 'comma', 'map-end'].includes(this.scanner.peek().type);
        const key = isEmpty ? this.nothing(token.mark) : this.node('flow');
        map.entries.push([key, this.flowValue(['comma', 'map-end'])]);
      } else if (token.type !== 'map-end') {
        const key = this.node('flow');
        map.entries.push([key, this.nothing(this.scanner.peek().mark)]);
      }
    }
    this.scanner.next();
    return map;
  }
}

/**
 * Parses the first document of a YAML text into a tree.
 *
 * @returns undefined if the text contains no document
 * @throws Error with a one-line message on invalid syntax, an unknown alias, and a document over
 *   {@link MAX_YAML_NODES} or {@link MAX_YAML_DEPTH}
 */
export function composeYaml(text: string): Node | undefined {
  return new Composer(new Scanner(text)).document();
}
