/** The path that serves snap files. The official store redirects devices to another host for them. */
const REDIRECTED_PREFIX = '/content';

const DOWNLOADS = '/api/v1/snaps/download/';

/** Whether downloads are redirected, as those of the official store are. */
export abstract class RedirectOption {
  abstract readonly redirects: boolean;
}

/** The redirect target of a download; undefined for other requests. */
export function redirectionOf(url: string): string | undefined {
  return url.startsWith(DOWNLOADS) ? `${REDIRECTED_PREFIX}${url}` : undefined;
}

/** The path before the redirect. */
export function withoutRedirect(path: string): string {
  return path.startsWith(`${REDIRECTED_PREFIX}${DOWNLOADS}`) ? path.slice(REDIRECTED_PREFIX.length) : path;
}
