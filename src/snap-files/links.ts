import { hasHidden } from '../common/terminal/visible-text.js';

/** What a user interface may open. @see snapcore/snapd: snap/validate.go, validLinkSchemes and ValidateLinks */
const SCHEMES = new Set(['http', 'https', 'mailto']);

/** What stands before a colon that comes before any path, query or fragment. */
const SCHEME = /^\s*([^/?#]*?)\s*:/;

/**
 * Whether a link of a snap may be given to others. A user interface may open it on a click, and `javascript:` or
 * `file:` would act there for whoever wrote it. A link without a scheme is an address of mail, or opens nothing.
 */
export function isSafeLink(link: string): boolean {
  if (hasHidden(link)) return false;
  const scheme = SCHEME.exec(link)?.[1];
  return scheme === undefined || SCHEMES.has(scheme.toLowerCase());
}

/** @returns null where others should not get it */
export function safeLink(link: string | null): string | null {
  return link !== null && isSafeLink(link) ? link : null;
}

/** Of every kind, those that others may get; kinds without one are left out. */
export function safeLinks(
  links: Readonly<Record<string, readonly string[]>>,
): Record<string, readonly string[]> {
  return Object.fromEntries(
    Object.entries(links).flatMap(([kind, all]) => {
      const safe = all.filter(isSafeLink);
      return safe.length > 0 ? [[kind, safe]] : [];
    }),
  );
}
