import type { FastifyReply, FastifyRequest } from 'fastify';
import { clientAddress } from '../../common/http/client-address.js';
import { requestScheme } from '../../common/http/request-origin.js';
import { OPERATOR_SESSION_LIFETIME_MS, PENDING_SIGN_IN_LIFETIME_MS } from '../../common/limits.js';
import { csrfToken } from '../operator-session.js';
import type { OperatorSessionsService } from '../operator-sessions.service.js';
import type { OperatorSecrets } from '../operators.repository.js';
import type { Principal } from '../principal.js';
import type { WhoAmIDto } from './session.dto.js';

/** Holds the secret of an operator's session. Not for scripts, and never sent by pages of other sites. */
const SESSION_COOKIE = 'store-session';

/** Holds what only the browser has that begins to sign in at the identity provider, which sends it back. */
const PENDING_COOKIE = 'store-oidc';

/** The value that a request brings in a cookie. Of two of that name none counts: one may be planted. */
function cookieOf({ headers }: FastifyRequest, name: string): string | undefined {
  const given = (headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`));
  return given.length === 1 ? given[0]?.slice(name.length + 1) : undefined;
}

/** What a cookie is, besides its value. */
interface Cookie {
  readonly name: string;
  readonly path: string;
  readonly lifetimeMs: number;
  readonly sameSite: 'Strict' | 'Lax';
}

/** @param value - undefined makes the browser forget it */
function setCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  { name, path, lifetimeMs, sameSite }: Cookie,
  value: string | undefined,
): void {
  const lifetime = value === undefined ? 0 : lifetimeMs / 1_000;
  const secure = requestScheme(request) === 'https' ? '; Secure' : '';
  void reply.header(
    'set-cookie',
    `${name}=${value ?? ''}; Path=${path}; Max-Age=${lifetime}; HttpOnly; SameSite=${sameSite}${secure}`,
  );
}

/** The secret of a session that a request brings. */
export function sessionSecretOf(request: FastifyRequest): string | undefined {
  return cookieOf(request, SESSION_COOKIE);
}

/** @param secret - undefined makes the browser forget it */
export function setSessionCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  secret: string | undefined,
): void {
  const cookie = { path: '/admin', lifetimeMs: OPERATOR_SESSION_LIFETIME_MS, sameSite: 'Strict' } as const;
  setCookie(request, reply, { name: SESSION_COOKIE, ...cookie }, secret);
}

/** The secret of a sign-in at the identity provider that a request finishes. */
export function pendingSecretOf(request: FastifyRequest): string | undefined {
  return cookieOf(request, PENDING_COOKIE);
}

/**
 * Lax: the identity provider, another site, sends the browser back with it.
 *
 * @param secret - undefined makes the browser forget it
 */
export function setPendingCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  secret: string | undefined,
): void {
  const cookie = {
    path: '/admin/v1/session/oidc',
    lifetimeMs: PENDING_SIGN_IN_LIFETIME_MS,
    sameSite: 'Lax',
  } as const;
  setCookie(request, reply, { name: PENDING_COOKIE, ...cookie }, secret);
}

/** Opens a session for an operator who has just signed in, and sets its cookie. */
export async function openSession(
  sessions: OperatorSessionsService,
  operator: OperatorSecrets,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<WhoAmIDto> {
  const userAgent = request.headers['user-agent'] ?? '';
  const { session, secret } = await sessions.open(operator, {
    address: clientAddress(request.raw),
    userAgent,
  });
  setSessionCookie(request, reply, secret);
  const { name, role } = operator;
  return whoAmI({
    kind: 'operator',
    name,
    operator: name,
    role,
    scopes: [],
    session: { id: session.id, secret },
  });
}

/** Who asks, as JSON. */
export function whoAmI({ kind, name, operator, role, scopes, session }: Principal): WhoAmIDto {
  return {
    kind,
    name,
    operator: operator ?? null,
    role,
    scopes,
    ...(session && { 'csrf-token': csrfToken(session.secret) }),
  };
}
