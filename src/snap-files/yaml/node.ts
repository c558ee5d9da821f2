/** A full tag: `tag:yaml.org,2002:str`, `!own`, or '' if there is none. */
export type Tag = string;

/** A value as written in the text. Its type depends on the field that reads it. */
export interface ScalarNode {
  readonly kind: 'scalar';
  readonly tag: Tag;
  readonly value: string;
  /** Whether its type is the one that it looks like: it has no quotes and no tag but `!`. */
  readonly isImplicit: boolean;
  readonly line: number;
}

export interface ListNode {
  readonly kind: 'list';
  readonly items: Node[];
  readonly line: number;
}

export interface MapNode {
  readonly kind: 'map';
  readonly entries: (readonly [key: Node, value: Node])[];
  readonly line: number;
}

/** A reference to a node elsewhere. */
export interface AliasNode {
  readonly kind: 'alias';
  readonly name: string;
  readonly of: Node;
  readonly line: number;
}

export type Node = ScalarNode | ListNode | MapNode | AliasNode;
