import { AuthorizationResponseError, ResponseBodyError } from 'openid-client';
import { StoreError } from '../common/errors.js';
import { visible } from '../common/visible-text.js';

/** What is repeated of a message of the identity provider, in characters. */
const MAX_SAID = 200;

/** The refusal for something that went wrong with the identity provider, which `openid-client` may have wrapped. */
export function oidcFailure(issuer: URL, error: unknown): StoreError {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof StoreError) return at;
  const options = { cause: error };
  if (error instanceof AuthorizationResponseError)
    return new StoreError(
      'unauthorized',
      `cannot sign in: the identity provider answered ${said(error.error, error.error_description)}`,
      options,
    );
  if (error instanceof ResponseBodyError && error.error === 'invalid_grant')
    return new StoreError(
      'unauthorized',
      'cannot sign in: the identity provider does not accept its code any more: it was used, or has expired; start again',
      options,
    );
  if (error instanceof ResponseBodyError)
    return new StoreError(
      'upstream-failed',
      `cannot sign in: the identity provider refuses this store: ${said(error.error, error.error_description)}; look at proxy.oidc.client-id and proxy.oidc.client-secret`,
      options,
    );
  return new StoreError(
    'upstream-failed',
    `cannot trust the answer of the identity provider ${issuer.href}: ${said(reasonOf(error))}`,
    options,
  );
}

/** The innermost message is the one that names the claim. */
function reasonOf(error: unknown): string {
  let text = String(error);
  for (let at = error; at instanceof Error; at = at.cause) text = at.message;
  return text;
}

function said(...texts: readonly (string | undefined)[]): string {
  const text = texts.filter((each) => each !== undefined && each !== '').join(': ');
  return visible(text).slice(0, MAX_SAID);
}
