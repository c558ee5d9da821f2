import { parseEpoch, type Epoch } from './epoch.js';
import {
  checkedSnapName,
  checkedVersion,
  mapAt,
  maps,
  MAX_LIST_ITEMS,
  oneOf,
  provenance,
  readYaml,
  text,
  texts,
} from './yaml-fields.js';
import { findPlainText, resolved, YamlFields } from './yaml/fields.js';

export type { Epoch } from './epoch.js';

const TYPES = ['app', 'gadget', 'kernel', 'os', 'base', 'snapd'] as const;
export const CONFINEMENTS = ['strict', 'devmode', 'classic'] as const;
const GRADES = ['stable', 'devel'] as const;

/** The fields of a snap's own description that a store needs. */
export interface SnapYaml {
  readonly name: string;
  readonly version: string;
  /** The snap `core` is of type `os`. */
  readonly type: (typeof TYPES)[number];
  readonly base: string | undefined;
  readonly confinement: (typeof CONFINEMENTS)[number];
  readonly grade: (typeof GRADES)[number] | undefined;
  readonly epoch: Epoch;
  /** `['all']` if the snap names none. */
  readonly architectures: readonly string[];
  readonly title: string | undefined;
  readonly summary: string;
  readonly description: string;
  readonly license: string | undefined;
  /** By kind: contact, website, donation, issues, source-code ... */
  readonly links: Readonly<Record<string, readonly string[]>>;
  /** `undefined` for the default, `global-upload`. */
  readonly provenance: string | undefined;
  readonly assumes: readonly string[];
  readonly appNames: readonly string[];
  /** AppStream ids of the snap's apps. */
  readonly commonIds: readonly string[];
  /** Snaps that content plugs install by default. Whether these are valid snap names is not checked. */
  readonly defaultProviders: readonly string[];
  /** Component names to their types; empty if the snap names none. */
  readonly components: Readonly<Record<string, string>>;
}

/**
 * Parses a snap's meta/snap.yaml.
 *
 * @param bytes - UTF-8, or UTF-16 with a byte order mark; at most `MAX_YAML_BYTES`
 * @throws StoreError `invalid-snap` on invalid YAML, a missing or invalid name or version, or a field of the
 *   wrong type
 * @see snapcore/snapd: snap/info_snap_yaml.go, infoFromSnapYaml; snap/validate.go, Validate
 */
export function parseSnapYaml(bytes: Buffer): SnapYaml {
  return readYaml('snap.yaml', bytes, readSnapYaml);
}

function readSnapYaml(top: YamlFields): SnapYaml {
  const name = checkedSnapName('name', text(top, 'name') ?? '');
  const base = text(top, 'base');
  const apps = maps(top, 'apps');
  return {
    name,
    version: checkedVersion(text(top, 'version') ?? ''),
    type: snapType(name, text(top, 'type')),
    base: base === undefined ? undefined : checkedSnapName('base', base),
    confinement: oneOf('confinement', CONFINEMENTS, text(top, 'confinement')) ?? 'strict',
    grade: grade(top),
    epoch: parseEpoch(top),
    architectures: architectures(top),
    title: text(top, 'title'),
    summary: text(top, 'summary') ?? '',
    description: text(top, 'description') ?? '',
    license: text(top, 'license'),
    links: links(top),
    provenance: provenance(text(top, 'provenance')),
    assumes: texts('assumes', top.get('assumes')),
    appNames: [...apps.keys()].map(checkedAppName),
    commonIds: [...apps.values()].flatMap((app) => text(app, 'common-id') ?? []),
    defaultProviders: defaultProviders(top),
    components: Object.fromEntries(
      [...maps(top, 'components')].map(([key, fields]) => [
        checkedSnapName('component', key),
        text(fields, 'type') ?? '',
      ]),
    ),
  };
}

/** snapd does not read it. Any other value is ignored, and so is a tag of another type. */
function grade(top: YamlFields): SnapYaml['grade'] {
  try {
    const said = text(top, 'grade');
    return GRADES.find((one) => one === said);
  } catch {
    return undefined;
  }
}

/** `application` is an old name for `app`. snapd is recognised by its name. */
function snapType(name: string, value: string | undefined): SnapYaml['type'] {
  const type = oneOf('type', TYPES, value === 'application' ? 'app' : value) ?? 'app';
  return name === 'snapd' ? 'snapd' : type;
}

function checkedAppName(name: string): string {
  if (!/^[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*$/.test(name))
    throw new Error(`app name ${JSON.stringify(name)} is invalid`);
  return name;
}

/** A list, or a single name as in old snaps. */
function architectures(top: YamlFields): string[] {
  const node = top.get('architectures');
  const isOne = node !== undefined && resolved(node).kind === 'scalar';
  const one = isOne ? text(top, 'architectures') : undefined;
  const named = isOne ? (one === undefined ? [] : [one]) : texts('architectures', node);
  return named.length === 0 ? ['all'] : named;
}

function links(top: YamlFields): Record<string, string[]> {
  const kinds = mapAt(top, 'links');
  if (kinds.names().length > MAX_LIST_ITEMS) throw new Error(`links has over ${MAX_LIST_ITEMS} keys`);
  return Object.fromEntries(
    kinds.names().map((kind) => {
      if (!/^[a-zA-Z](-?[a-zA-Z0-9])*$/.test(kind))
        throw new Error(`links key ${JSON.stringify(kind)} is invalid`);
      return [kind, texts(`links ${kind}`, kinds.get(kind))];
    }),
  );
}

/**
 * A plug without an interface uses the interface of its own name. A provider may be written `snap:slot`; the
 * slot is unused.
 *
 * @see snapcore/snapd: snap/info.go, gatherDefaultContentProvider
 */
function defaultProviders(top: YamlFields): string[] {
  const providers = new Set<string>();
  const plugs = mapAt(top, 'plugs');
  for (const name of plugs.names()) {
    const plug = plugs.get(name);
    const map = plug && resolved(plug);
    if (map?.kind !== 'map') continue;
    const attributes = new YamlFields(map, name, top.budget);
    const given = attributes.get('interface');
    if ((given ? findPlainText(given) : name) !== 'content') continue;
    const named = attributes.get('default-provider');
    const provider = named && findPlainText(named);
    if (provider === undefined || provider === '') continue;
    providers.add(provider.split(':')[0] ?? '');
  }
  return [...providers];
}
