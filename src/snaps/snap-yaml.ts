import { StoreError } from '../common/errors.js';
import { type Epoch, parseEpoch } from './epoch.js';
import { parseYaml, type YamlMap, type YamlValue } from './yaml-value.js';

export type { Epoch } from './epoch.js';

/** Most bytes of a snap's meta/snap.yaml; hostile YAML takes up to a second per 128 KiB. */
export const MAX_SNAP_YAML_BYTES = 256 * 1024;
/** Most items of one list in snap.yaml, and most keys of its links. */
export const MAX_LIST_ITEMS = 1024;

const TYPES = ['app', 'gadget', 'kernel', 'os', 'base', 'snapd'] as const;
const CONFINEMENTS = ['strict', 'devmode', 'classic'] as const;
const GRADES = ['stable', 'devel'] as const;

/** What a store needs of a snap's own description. */
export interface SnapYaml {
  readonly name: string;
  readonly version: string;
  /** The snap `core` is of type `os`. */
  readonly type: (typeof TYPES)[number];
  readonly base: string | undefined;
  readonly confinement: (typeof CONFINEMENTS)[number];
  readonly grade: (typeof GRADES)[number] | undefined;
  readonly epoch: Epoch;
  /** `['all']` where the snap names none. */
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
  /** AppStream ids of its apps. */
  readonly commonIds: readonly string[];
  /** Snaps that content plugs want installed along with it. */
  readonly defaultProviders: readonly string[];
  readonly componentNames: readonly string[];
}

/**
 * Parses a snap's meta/snap.yaml.
 *
 * @param bytes - UTF-8, at most {@link MAX_SNAP_YAML_BYTES}
 * @throws StoreError `invalid-snap` on bad YAML, a missing or bad name or version, or a field of the wrong kind
 * @see snapcore/snapd: snap/info_snap_yaml.go, infoFromSnapYaml; snap/validate.go, Validate
 */
export function parseSnapYaml(bytes: Buffer): SnapYaml {
  if (bytes.length > MAX_SNAP_YAML_BYTES) throw refusal(`it is over ${MAX_SNAP_YAML_BYTES} bytes`);
  try {
    const top = parseYaml(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (!(top instanceof Map)) throw new Error('it is not a map');
    return readSnapYaml(top);
  } catch (error) {
    // Every check below throws a plain Error; the YAML reader runs out of stack on text that nests without end.
    const { message } = error as Error;
    const detail = message.includes('call stack') ? 'it is nested too deeply' : message;
    throw refusal(detail, { cause: error });
  }
}

/**
 * Whether a text can be the name of a snap (or of a component).
 *
 * @see snapcore/snapd: snap/naming/validate.go, ValidateSnap
 */
export function isSnapName(name: string): boolean {
  return name.length >= 2 && name.length <= 40 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) && /[a-z]/.test(name);
}

function readSnapYaml(top: YamlMap): SnapYaml {
  const name = checkedSnapName('name', text(top, 'name') ?? '');
  const base = text(top, 'base');
  const apps = maps(top, 'apps');
  return {
    name,
    version: checkedVersion(text(top, 'version') ?? ''),
    type: snapType(name, text(top, 'type')),
    base: base === undefined ? undefined : checkedSnapName('base', base),
    confinement: oneOf('confinement', CONFINEMENTS, text(top, 'confinement')) ?? 'strict',
    grade: oneOf('grade', GRADES, text(top, 'grade')),
    epoch: parseEpoch(top.get('epoch')),
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
    componentNames: [...maps(top, 'components').keys()].map((key) => checkedSnapName('component', key)),
  };
}

/** A field that is text; empty means missing. */
function text(map: YamlMap, key: string): string | undefined {
  const value = map.get(key);
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw new Error(`${key} is not text`);
  return value;
}

function texts(key: string, value: YamlValue): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new Error(`${key} is not a list`);
  if (value.length > MAX_LIST_ITEMS) throw new Error(`${key} has over ${MAX_LIST_ITEMS} items`);
  return value.map((item: YamlValue) => {
    if (typeof item !== 'string' || item === '') throw new Error(`${key} holds something that is not text`);
    return item;
  });
}

function mapAt(map: YamlMap, key: string): YamlMap {
  const value = map.get(key) ?? new Map<string, YamlValue>();
  if (!(value instanceof Map)) throw new Error(`${key} is not a map`);
  return value;
}

/** A field that maps names to maps, where a name may have nothing behind it. */
function maps(map: YamlMap, key: string): Map<string, YamlMap> {
  const named = mapAt(map, key);
  return new Map([...named.keys()].map((name) => [name, mapAt(named, name)]));
}

function oneOf<T extends string>(key: string, known: readonly T[], value: string | undefined): T | undefined {
  if (value === undefined) return undefined;
  const found = known.find((one) => one === value);
  if (found === undefined) throw new Error(`${key} ${JSON.stringify(value)} is unknown`);
  return found;
}

/** `application` is an old word for `app`; snapd is told by its name. */
function snapType(name: string, value: string | undefined): SnapYaml['type'] {
  const type = oneOf('type', TYPES, value === 'application' ? 'app' : value) ?? 'app';
  return name === 'snapd' ? 'snapd' : type;
}

function checkedSnapName(key: string, value: string): string {
  if (value === '') throw new Error(`${key} is missing`);
  if (!isSnapName(value)) throw new Error(`${key} ${JSON.stringify(value)} is not a snap name`);
  return value;
}

function checkedAppName(name: string): string {
  if (!/^[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*$/.test(name))
    throw new Error(`app name ${JSON.stringify(name)} is invalid`);
  return name;
}

/** Up to 32 characters. */
function checkedVersion(version: string): string {
  if (version === '') throw new Error('version is missing');
  if (!/^[a-zA-Z0-9]([a-zA-Z0-9:.+~-]{0,30}[a-zA-Z0-9+~])?$/.test(version)) {
    throw new Error(`version ${JSON.stringify(version)} is invalid`);
  }
  return version;
}

/** A list, or one name as old snaps write it. */
function architectures(top: YamlMap): string[] {
  const value = top.get('architectures');
  const named = typeof value === 'string' && value !== '' ? [value] : texts('architectures', value);
  return named.length === 0 ? ['all'] : named;
}

function links(top: YamlMap): Record<string, string[]> {
  const kinds = mapAt(top, 'links');
  if (kinds.size > MAX_LIST_ITEMS) throw new Error(`links has over ${MAX_LIST_ITEMS} keys`);
  return Object.fromEntries(
    [...kinds].map(([kind, value]) => {
      if (!/^[a-zA-Z](-?[a-zA-Z0-9])*$/.test(kind))
        throw new Error(`links key ${JSON.stringify(kind)} is invalid`);
      return [kind, texts(`links ${kind}`, value)];
    }),
  );
}

/** @see snapcore/snapd: snap/validate.go, validateProvenance */
function provenance(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value === 'global-upload') throw new Error('provenance names the default, global-upload');
  if (!/^[a-zA-Z0-9](-?[a-zA-Z0-9])*$/.test(value))
    throw new Error(`provenance ${JSON.stringify(value)} is invalid`);
  return value;
}

/**
 * A plug without an interface is of the interface it is named after; a provider may be written `snap:slot`, the slot
 * being unused.
 *
 * @see snapcore/snapd: snap/info.go, gatherDefaultContentProvider
 */
function defaultProviders(top: YamlMap): string[] {
  const providers = new Set<string>();
  for (const [name, plug] of mapAt(top, 'plugs')) {
    if (!(plug instanceof Map) || (plug.get('interface') ?? name) !== 'content') continue;
    const provider: YamlValue = plug.get('default-provider');
    if (typeof provider !== 'string' || provider === '') continue;
    providers.add(checkedSnapName('default-provider', provider.split(':')[0] ?? ''));
  }
  return [...providers];
}

function refusal(detail: string, options?: ErrorOptions): StoreError {
  return new StoreError('invalid-snap', `cannot read snap.yaml: ${detail}`, options);
}
