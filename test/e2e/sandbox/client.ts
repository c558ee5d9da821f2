import { sign, type KeyObject } from 'node:crypto';
import { parseMacaroon, serializeMacaroon } from '../../../src/common/crypto/macaroon/encoding.js';
import { bindDischarge } from '../../../src/common/crypto/macaroon/macaroon.js';
import { publicPem } from '../../../src/common/crypto/pem.js';

/** The answer to a call. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

export async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Answer['body'] };
}

/** The code and status of a refusal in the shape of the store. */
export function refusal({ status, body }: Answer): string {
  const list = body['error-list'] as { code: string; message: string }[] | undefined;
  return `${status} ${list?.[0]?.code ?? JSON.stringify(body)}`;
}

/** The code and status of a refusal in the shape of the log-in service. */
export function loginRefusal({ status, body }: Answer): string {
  if (typeof body['message'] !== 'string' || typeof body['extra'] !== 'object') return JSON.stringify(body);
  return `${status} ${String(body['code'])}`;
}

export async function rootMacaroon(url: string): Promise<string> {
  const { body } = await post(`${url}/v1/store-registrations/macaroon`, {});
  return String(body['macaroon']);
}

/** The identifier of a root's third-party caveat. */
export function caveatOf(root: string): string {
  const found = parseMacaroon(root).caveats.find(({ thirdParty }) => thirdParty);
  if (!found) throw new Error('no third-party caveat');
  return found.identifier.toString('utf8');
}

export function authorization(root: string, discharge: string): string {
  const bound = serializeMacaroon(bindDischarge(parseMacaroon(root), parseMacaroon(discharge)));
  return `Macaroon root="${root}", discharge="${bound}"`;
}

/** @returns root, unbound discharge, and the header with both */
export async function logIn(
  url: string,
  { email, password, otp }: { email: string; password: string; otp?: string },
): Promise<{ root: string; discharge: string; header: string }> {
  const root = await rootMacaroon(url);
  const caveat = { caveat_id: caveatOf(root) };
  const answer = await post(`${url}/api/v2/tokens/discharge`, { email, password, otp, ...caveat });
  if (answer.status !== 200) throw new Error(loginRefusal(answer));
  const discharge = String(answer.body['discharge_macaroon']);
  return { root, discharge, header: authorization(root, discharge) };
}

export async function nonce(url: string, header: string): Promise<string> {
  const { body } = await post(`${url}/v1/store-registrations/nonce`, {}, { authorization: header });
  return String(body['nonce']);
}

/** A well-formed registration. */
export function registration(key: KeyObject, ticket: string, url: string): Record<string, unknown> {
  const signed = Buffer.from(`snap-store-proxy registration\n${ticket}\n${url}\n`);
  return {
    nonce: ticket,
    url,
    'public-key': publicPem(key),
    signature: sign('sha512', signed, key).toString('base64'),
  };
}
