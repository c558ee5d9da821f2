import type { SnapCategory } from '../../catalogue/snap.js';
import { isFields, textField, type JsonFields } from '../../common/domain/json.js';
import { StoreError } from '../../common/errors.js';
import { hasHidden } from '../../common/visible-text.js';
import type { BundledMedium } from './bundled-media.js';

/** The unsigned description of a snap in a bundle: shown to people, but never trusted. */
export interface BundledMetadata {
  readonly snapId: string | undefined;
  readonly name: string | undefined;
  readonly publisherId: string | undefined;
  readonly title: string | undefined;
  readonly summary: string | undefined;
  readonly description: string | undefined;
  readonly license: string | undefined;
  readonly contact: string | undefined;
  readonly website: string | undefined;
  readonly storeUrl: string | undefined;
  readonly links: Readonly<Record<string, readonly string[]>> | undefined;
  readonly categories: readonly SnapCategory[];
  readonly defaultTrack: string | undefined;
  /** The pictures of its listing; undefined if the bundle has no list. */
  readonly media?: readonly BundledMedium[];
}

function links(value: unknown): BundledMetadata['links'] {
  if (!isFields(value)) return undefined;
  const entries = Object.entries(value).flatMap(([key, urls]): [string, string[]][] =>
    Array.isArray(urls) && urls.length > 0 && urls.every((url) => typeof url === 'string')
      ? [[key, urls]]
      : [],
  );
  return Object.fromEntries(entries);
}

function categories(value: unknown): SnapCategory[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isFields).flatMap((fields) => {
    const name = textField(fields, 'name');
    if (name === undefined) return [];
    if (hasHidden(name))
      throw new StoreError(
        'invalid-bundle',
        `the description of a snap has a category with a control character in it: ${JSON.stringify(name.slice(0, 40))}`,
      );
    return [{ name, featured: fields['featured'] === true }];
  });
}

/**
 * Reads a snap's public description: our own `metadata.json`, or an `info` answer.
 *
 * @returns undefined if the document does not describe a snap
 * @throws StoreError `invalid-bundle` if the name of a category contains a control character
 */
export function parseMetadata(document: unknown): BundledMetadata | undefined {
  if (!isFields(document) || !isFields(document['snap'])) return undefined;
  const snap: JsonFields = document['snap'];
  const publisher = isFields(snap['publisher']) ? snap['publisher'] : {};
  return {
    snapId: textField(document, 'snap-id') ?? textField(snap, 'snap-id'),
    name: textField(document, 'name') ?? textField(snap, 'name'),
    publisherId: textField(publisher, 'id'),
    title: textField(snap, 'title'),
    summary: textField(snap, 'summary'),
    description: textField(snap, 'description'),
    license: textField(snap, 'license'),
    contact: textField(snap, 'contact'),
    website: textField(snap, 'website'),
    storeUrl: textField(snap, 'store-url'),
    links: links(snap['links']),
    categories: categories(snap['categories']),
    defaultTrack: textField(document, 'default-track'),
  };
}
