import { hasHidden } from '../common/visible-text.js';

/**
 * The schemes that a user interface may open. @see snapcore/snapd: snap/validate.go, validLinkSchemes and
 * ValidateLinks
 */
const SCHEMES = new Set(['http', 'https', 'mailto']);

/** Matches the part before a colon, if the colon comes before any path, query or fragment. */
const SCHEME = /^\s*([^/?#]*?)\s*:/;

/**
 * Whether a link of a snap may be published. A user interface may open it on a click, and `javascript:` or
 * `file:` would then run with the user's rights. A link without a scheme is an e-mail address, or opens
 * nothing.
 */
export function isSafeLink(link: string): boolean {
  if (hasHidden(link)) return false;
  const scheme = SCHEME.exec(link)?.[1];
  return scheme === undefined || SCHEMES.has(scheme.toLowerCase());
}

/** @returns null if the link must not be published */
export function safeLink(link: string | null): string | null {
  return link !== null && isSafeLink(link) ? link : null;
}

/** The links of every kind that may be published, without empty kinds. */
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
