import type { Assertion, HeaderMap, HeaderValue } from '../assertions/format/assertion.js';

/** Another name of an app, which devices give it by themselves. */
export interface SnapAlias {
  readonly name: string;
  /** The app's name. */
  readonly target: string;
}

function isMap(value: HeaderValue): value is HeaderMap {
  return typeof value === 'object' && !Array.isArray(value);
}

/**
 * The automatic aliases that a snap-declaration gives.
 *
 * @see snapcore/snapd: asserts/snap_asserts.go, checkAliases
 */
export function aliasesOf(declaration: Assertion | undefined): SnapAlias[] {
  const entries = declaration?.headers['aliases'];
  if (!Array.isArray(entries)) return [];
  return (entries as readonly HeaderValue[])
    .filter(isMap)
    .flatMap(({ name, target }) =>
      typeof name === 'string' && typeof target === 'string' ? [{ name, target }] : [],
    );
}
