import type { FastifyReply, FastifyRequest } from 'fastify';
import { requestScheme } from '../../common/http/request-origin.js';
import { OPERATOR_SESSION_LIFETIME_MS } from '../../common/limits.js';

/** Holds the secret of an operator's session. Not for scripts, and never sent by pages of other sites. */
const SESSION_COOKIE = 'store-session';

/** The secret that a request brings in its cookie. Of two of that name none counts: one may be planted. */
export function sessionSecretOf({ headers }: FastifyRequest): string | undefined {
  const given = (headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${SESSION_COOKIE}=`));
  return given.length === 1 ? given[0]?.slice(SESSION_COOKIE.length + 1) : undefined;
}

/** @param secret - undefined makes the browser forget it */
export function setSessionCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  secret: string | undefined,
): void {
  const lifetime = secret === undefined ? 0 : OPERATOR_SESSION_LIFETIME_MS / 1_000;
  const secure = requestScheme(request) === 'https' ? '; Secure' : '';
  void reply.header(
    'set-cookie',
    `${SESSION_COOKIE}=${secret ?? ''}; Path=/admin; Max-Age=${lifetime}; HttpOnly; SameSite=Strict${secure}`,
  );
}
