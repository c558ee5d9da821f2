import { open } from 'node:fs/promises';
import type { Assertion } from '../assertions/format/assertion.js';
import { requiredHeader } from '../assertions/format/header-text.js';
import { isStorable } from '../bundles/format/bundle-json.js';
import type { ComponentRevision } from '../catalogue/component.js';
import { DEFAULT_PROVENANCE } from '../common/domain/words.js';
import { StoreError } from '../common/errors.js';
import type { ComponentYaml } from '../snap-files/component-yaml.js';
import { readComponentContents } from '../snap-files/snap-contents.js';
import type { SnapYaml } from '../snap-files/snap-yaml.js';
import { fileAccess } from '../snap-files/squashfs/file-access.js';
import type { StagedFile } from './import-collector.js';

/** A staged component, as its file and its assertion describe it. */
export interface StagedComponent {
  /** Its name in messages: `snap jq component docs revision 3`. */
  readonly shown: string;
  readonly component: ComponentRevision;
}

/**
 * Reads a staged component and checks it against its assertion.
 *
 * @param declaration - the declaration of its snap
 * @throws StoreError `invalid-snap` if the file is not a component, `invalid-bundle` if file and assertion contradict
 *   each other
 * @see snapcore/snapd: asserts/snapasserts/snapasserts.go, CrossCheckResource
 */
export async function readStagedComponent(
  staged: StagedFile,
  declaration: Assertion,
): Promise<StagedComponent> {
  const { assertion, blob } = staged;
  const snapName = requiredHeader(declaration, 'snap-name');
  const shown = `snap ${snapName} component ${requiredHeader(assertion, 'resource-name')} revision ${requiredHeader(assertion, 'resource-revision')}`;
  const file = await open(blob.path, 'r');
  try {
    const said = await readComponentContents(fileAccess(file, blob.sizeBytes));
    const contradiction = findContradiction(said, snapName, assertion);
    if (contradiction) throw new StoreError('invalid-bundle', `${shown}: ${contradiction}`);
    return { shown, component: toComponent(staged, said) };
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'invalid-snap') throw error;
    throw new StoreError('invalid-snap', `${shown}: ${error.message}`, { cause: error });
  } finally {
    await file.close();
  }
}

/** The last part of the primary key, or its default if the assertion leaves it out. */
function provenanceOf({ primaryKey }: Assertion): string {
  return primaryKey.at(-1) ?? DEFAULT_PROVENANCE;
}

function findContradiction(said: ComponentYaml, snapName: string, assertion: Assertion): string | undefined {
  if (snapName === '') return 'the snap-declaration is revoked';
  const signed = `${snapName}+${requiredHeader(assertion, 'resource-name')}`;
  const inFile = `${said.snapName}+${said.name}`;
  if (inFile !== signed)
    return `the file says that it is ${JSON.stringify(inFile)}, its assertions say ${JSON.stringify(signed)}`;
  if (!isStorable(said)) return 'its component.yaml contains a string with a NUL or an unpaired surrogate';
  const provenance = said.provenance ?? DEFAULT_PROVENANCE;
  if (provenance === provenanceOf(assertion)) return undefined;
  return `the file has provenance ${JSON.stringify(provenance)}, its snap-resource-revision assertion has ${JSON.stringify(provenanceOf(assertion))}`;
}

function toComponent({ assertion, blob }: StagedFile, said: ComponentYaml): ComponentRevision {
  return {
    snapId: requiredHeader(assertion, 'snap-id'),
    name: said.name,
    revision: Number(requiredHeader(assertion, 'resource-revision')),
    digest: blob.digest,
    sizeBytes: blob.sizeBytes,
    type: said.type,
    version: said.version ?? null,
    description: said.description,
    provenance: provenanceOf(assertion),
    createdAt: new Date(requiredHeader(assertion, 'timestamp')),
  };
}

/**
 * Refuses a component that the snap does not declare, or declares with another type: a device would refuse it too.
 *
 * @throws StoreError `invalid-bundle`
 * @see snapcore/snapd: snap/component.go, ReadComponentInfoFromContainer
 */
export function checkIsDeclared(
  { shown, component: { name, type } }: StagedComponent,
  snapRevision: number,
  { components }: SnapYaml,
): void {
  const declared = components[name];
  if (declared === type) return;
  throw new StoreError(
    'invalid-bundle',
    declared === undefined
      ? `${shown}: it is paired with revision ${snapRevision} of the snap, which does not declare it`
      : `${shown}: its type is ${type}, but revision ${snapRevision} of the snap declares ${declared || 'no type'}`,
  );
}
