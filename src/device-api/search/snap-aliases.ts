import type { Assertion } from '../../assertions/format/assertion.js';
import { isList, isMap } from '../../assertions/format/header-checks.js';

/** Another name of an app, which devices set automatically. */
export interface SnapAlias {
  readonly name: string;
  /** The app's name. */
  readonly target: string;
}

/**
 * The automatic aliases of a snap-declaration.
 *
 * @see snapcore/snapd: asserts/snap_asserts.go, checkAliases
 */
export function aliasesOf(declaration: Assertion | undefined): SnapAlias[] {
  const entries = declaration?.headers['aliases'];
  if (!isList(entries)) return [];
  return entries
    .filter(isMap)
    .flatMap(({ name, target }) =>
      typeof name === 'string' && typeof target === 'string' ? [{ name, target }] : [],
    );
}
