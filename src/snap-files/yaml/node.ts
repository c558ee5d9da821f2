/** A tag in full: `tag:yaml.org,2002:str`, `!own`, or '' where none is written. */
export type Tag = string;

/** A value as it stands in the text; what type it is depends on who asks. */
export interface ScalarNode {
  readonly kind: 'scalar';
  readonly tag: Tag;
  readonly value: string;
  /** Whether it is of the type that it looks like, having neither quotes nor a tag but `!`. */
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

/** A node that stands somewhere else. */
export interface AliasNode {
  readonly kind: 'alias';
  readonly name: string;
  readonly of: Node;
  readonly line: number;
}

export type Node = ScalarNode | ListNode | MapNode | AliasNode;
