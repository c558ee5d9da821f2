import { digestToHex } from '../common/digest.js';
import type { Publisher, Snap, SnapRevision } from './snap.js';

/**
 * JSON text with holes for the origin (`http://store.example:8080`) that this device reached the
 * store by: URLs must be absolute, and the rest of the text is the same for every device.
 */
type JsonTemplate = readonly string[];

/** Where a snap file is downloaded from, below the origin: the official store's own shape. */
export function downloadPath(snapId: string, revision: number): string {
  return `/api/v1/snaps/download/${snapId}_${revision}.snap`;
}

/** A time as the official store writes it: microseconds and a numeric zone. */
export function timeView(time: Date): string {
  return time.toISOString().replace(/(\.\d{3})Z$/, '$1000+00:00');
}

export function publisherView({ id, username, displayName, validation }: Publisher): Record<string, string> {
  return { id, username, 'display-name': displayName, validation };
}

/** What the fields of a snap that all its revisions share are called on the wire. */
export function snapFieldsView(snap: Snap, publisher: Publisher): Record<string, unknown> {
  return {
    name: snap.name,
    'snap-id': snap.snapId,
    title: snap.title,
    summary: snap.summary,
    description: snap.description,
    // snapd and the store's own schema take texts here, or nothing.
    ...(snap.license === null ? {} : { license: snap.license }),
    ...(snap.contact === null ? {} : { contact: snap.contact }),
    ...(snap.storeUrl === null ? {} : { 'store-url': snap.storeUrl }),
    website: snap.website,
    links: snap.links,
    media: snap.media,
    categories: snap.categories,
    prices: {},
    private: false,
    publisher: publisherView(publisher),
  };
}

/** What a revision's own fields are called on the wire; `download` apart, since it holds a URL. */
export function revisionFieldsView(revision: SnapRevision): Record<string, unknown> {
  return {
    revision: revision.revision,
    version: revision.version,
    type: revision.type,
    base: revision.base,
    confinement: revision.confinement,
    epoch: revision.epoch,
    architectures: revision.architectures,
    'created-at': timeView(revision.createdAt),
    'common-ids': revision.commonIds,
    'snap-yaml': revision.snapYaml,
  };
}

function downloadTemplate(revision: SnapRevision): JsonTemplate {
  const rest = { size: revision.sizeBytes, 'sha3-384': digestToHex(revision.digest), deltas: [] };
  return [
    '{"url":"',
    `${downloadPath(revision.snapId, revision.revision)}",${JSON.stringify(rest).slice(1)}`,
  ];
}

/** Members joined to an object; only the last member may hold origins, so holes stay in order. */
function objectTemplate(
  members: readonly string[],
  last: readonly [key: string, value: JsonTemplate] | undefined,
): JsonTemplate {
  if (!last) return [`{${members.join(',')}}`];
  const [key, [head = '', ...tail]] = last;
  const text = [...members, `${JSON.stringify(key)}:${head}`].join(',');
  const all = [`{${text}`, ...tail];
  return [...all.slice(0, -1), `${all.at(-1) ?? ''}}`];
}

/** Which fields a device asked for, and how that choice is remembered. */
export class FieldChoice {
  static readonly ALL = new FieldChoice(undefined);

  private constructor(private readonly names: ReadonlySet<string> | undefined) {
    this.key = names ? [...names].join(',') : '*';
  }

  /** Equal for equal choices. */
  readonly key: string;

  /** @param names - as asked; none at all means every field */
  static of(names: readonly string[]): FieldChoice {
    return names.length === 0 ? FieldChoice.ALL : new FieldChoice(new Set(names.toSorted()));
  }

  has(name: string): boolean {
    return this.names?.has(name) ?? true;
  }

  pick(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
    return Object.fromEntries(Object.entries(fields).filter(([name]) => this.has(name)));
  }
}

/** Choices of fields remembered for one revision; a store sees a handful, one for each release of snapd. */
const REMEMBERED_CHOICES = 4;

/** The JSON text of one revision as `refresh` answers it, made once for each choice of fields. */
export class SnapJson {
  private readonly templates = new Map<string, JsonTemplate>();

  constructor(
    private readonly snap: Snap,
    private readonly publisher: Publisher,
    private readonly revision: SnapRevision,
  ) {}

  text(choice: FieldChoice, origin: string): string {
    let template = this.templates.get(choice.key);
    if (!template) {
      template = this.template(choice);
      if (this.templates.size < REMEMBERED_CHOICES) this.templates.set(choice.key, template);
    }
    return template.join(origin);
  }

  private template(choice: FieldChoice): JsonTemplate {
    const fields = choice.pick({
      ...snapFieldsView(this.snap, this.publisher),
      ...revisionFieldsView(this.revision),
    });
    const members = Object.entries(fields).map(
      ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
    );
    return objectTemplate(
      members,
      choice.has('download') ? ['download', downloadTemplate(this.revision)] : undefined,
    );
  }
}

/** A revision's `download` object. */
export function downloadView(revision: SnapRevision, origin: string): Record<string, unknown> {
  return {
    url: origin + downloadPath(revision.snapId, revision.revision),
    size: revision.sizeBytes,
    'sha3-384': digestToHex(revision.digest),
    deltas: [],
  };
}
