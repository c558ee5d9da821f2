/** One immutable revision of a component: a part of a snap with a file of its own. */
export interface ComponentRevision {
  readonly snapId: string;
  readonly name: string;
  readonly revision: number;
  /** SHA3-384 of the file, 48 bytes. */
  readonly digest: Buffer;
  readonly sizeBytes: number;
  /** `test`, `standard` or `kernel-modules`. */
  readonly type: string;
  /** null if it is the snap's. */
  readonly version: string | null;
  readonly description: string;
  readonly provenance: string;
  /** When the publisher uploaded it: the snap-resource-revision assertion's time. */
  readonly createdAt: Date;
}

/** The form of JSON from the database. */
export type ComponentRow = Omit<ComponentRevision, 'digest' | 'createdAt'> & {
  readonly digest: string;
  readonly createdAt: string;
};

export const COMPONENT_JSON = `json_build_object('snapId', k.snap_id, 'name', k.name, 'revision', k.revision,
  'digest', encode(k.sha3_384, 'hex'), 'sizeBytes', k.size_bytes, 'type', k.type, 'version', k.version,
  'description', k.description, 'provenance', k.provenance, 'createdAt', k.created_at)`;

export function toComponent(row: ComponentRow): ComponentRevision {
  return { ...row, digest: Buffer.from(row.digest, 'hex'), createdAt: new Date(row.createdAt) };
}

/** The name of a component's file, in the form of the official store's names for charm resources. */
export function componentFileName({ snapId, name, revision }: ComponentRevision): string {
  return `${snapId}.${name}_${revision}.comp`;
}
