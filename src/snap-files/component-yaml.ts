import { checkedSnapName, checkedVersion, provenance, readYaml, text } from './yaml-fields.js';
import type { YamlFields } from './yaml/fields.js';

/** The component types that snapd supports; it refuses others. @see snapcore/snapd: snap/types.go */
export const COMPONENT_TYPES = ['test', 'standard', 'kernel-modules'] as const;

/** The fields of a component's own description that a store needs. */
export interface ComponentYaml {
  /** The snap that it belongs to. */
  readonly snapName: string;
  readonly name: string;
  readonly type: string;
  /** `undefined` for the snap's version. */
  readonly version: string | undefined;
  readonly description: string;
  /** `undefined` for the default, `global-upload`. */
  readonly provenance: string | undefined;
}

/**
 * Parses a component's meta/component.yaml.
 *
 * @param bytes - UTF-8, or UTF-16 with a byte order mark; at most `MAX_YAML_BYTES`
 * @throws StoreError `invalid-snap` on invalid YAML, a missing or invalid name or type, or a field of the wrong
 *   type
 * @see snapcore/snapd: snap/component.go, InfoFromComponentYaml
 */
export function parseComponentYaml(bytes: Buffer): ComponentYaml {
  return readYaml('component.yaml', bytes, readComponentYaml);
}

function readComponentYaml(top: YamlFields): ComponentYaml {
  const component = text(top, 'component') ?? '';
  const [snapName = '', name = '', ...more] = component.split('+');
  if (more.length > 0) throw new Error(`component ${JSON.stringify(component)} is not SNAP+NAME`);
  const version = text(top, 'version');
  const type = text(top, 'type') ?? '';
  if (!COMPONENT_TYPES.some((known) => known === type))
    throw new Error(`type ${JSON.stringify(type)} is unknown: snapd supports ${COMPONENT_TYPES.join(', ')}`);
  return {
    snapName: checkedSnapName('snap of component', snapName),
    name: checkedSnapName('component', name),
    type,
    version: version === undefined ? undefined : checkedVersion(version),
    description: text(top, 'description') ?? '',
    provenance: provenance(text(top, 'provenance')),
  };
}
