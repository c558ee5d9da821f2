import type { SnapYaml } from '../snap-files/snap-yaml.js';
import { isSnapName } from '../snap-files/yaml-fields.js';

/** A snap that another one requires or should have. */
export interface NeededSnap {
  readonly name: string;
  /** Whether a device refuses the installation without it. */
  readonly isVital: boolean;
}

/** Types without a base. snapcore/snapd: overlord/snapstate/snapstate.go, defaultCoreSnapName and its users */
const WITHOUT_BASE = new Set(['os', 'base', 'snapd']);
const DEFAULT_BASE = 'core';

/**
 * The snaps that a device installs with a snap: its base, snapd, and the default providers of its content plugs.
 *
 * @see snapcore/snapd: overlord/snapstate/handlers.go, doPrerequisites
 */
export function neededSnaps({
  type,
  base,
  defaultProviders,
}: Pick<SnapYaml, 'type' | 'base' | 'defaultProviders'>): NeededSnap[] {
  const bases = WITHOUT_BASE.has(type) || base === 'none' ? [] : [base ?? DEFAULT_BASE];
  return [
    ...bases.map((name) => ({ name, isVital: true })),
    ...(type === 'snapd' ? [] : [{ name: 'snapd', isVital: false }]),
    ...defaultProviders.filter(isSnapName).map((name) => ({ name, isVital: false })),
  ];
}
