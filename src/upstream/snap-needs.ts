import { open } from 'node:fs/promises';
import { readSnapContents } from '../snaps/snap-contents.js';
import { fileAccess } from '../snaps/squashfs/file-access.js';
import { parseSnapYaml, type SnapYaml } from '../snaps/snap-yaml.js';
import { isSnapName } from '../snaps/yaml-fields.js';

/** A snap that another one cannot do, or should not be, without. */
export interface NeededSnap {
  readonly name: string;
  /** Whether a device refuses to install without it. */
  readonly isVital: boolean;
}

/** Types that stand on no base. snapcore/snapd: overlord/snapstate/snapstate.go, defaultCoreSnapName and its users */
const WITHOUT_BASE = new Set(['os', 'base', 'snapd']);
const DEFAULT_BASE = 'core';

/**
 * What a device installs along with a snap: its base, snapd, and the default providers of its content plugs.
 *
 * @see snapcore/snapd: overlord/snapstate/handlers.go, doPrerequisites
 */
export function neededSnaps({ type, base, defaultProviders }: SnapYaml): NeededSnap[] {
  const bases = WITHOUT_BASE.has(type) || base === 'none' ? [] : [base ?? DEFAULT_BASE];
  return [
    ...bases.map((name) => ({ name, isVital: true })),
    ...(type === 'snapd' ? [] : [{ name: 'snapd', isVital: false }]),
    ...defaultProviders.filter(isSnapName).map((name) => ({ name, isVital: false })),
  ];
}

/** Reads meta/snap.yaml out of a snap file. @throws StoreError `invalid-snap` */
export async function readSnapYaml(path: string, sizeBytes: number): Promise<SnapYaml> {
  const file = await open(path, 'r');
  try {
    return (await readSnapContents(fileAccess(file, sizeBytes))).snapYaml;
  } finally {
    await file.close();
  }
}

/** What an answer says of a snap whose file is not here; undefined where it says nothing that can be read. */
export function saidSnapYaml(text: string | undefined): SnapYaml | undefined {
  if (text === undefined) return undefined;
  try {
    return parseSnapYaml(Buffer.from(text));
  } catch {
    return undefined;
  }
}
