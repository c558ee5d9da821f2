import { closeSync, constants, fstatSync, readSync } from 'node:fs';
import type { GlobalOptions } from '../common/command-line/global-options.js';
import { StoreError } from '../common/errors.js';
import { openTrusted } from '../common/files/trusted-file.js';

/** The environment variables behind `--url` and `--token-file`. */
export const URL_VARIABLE = 'SNAP_STORE_PROXY_URL';
export const TOKEN_VARIABLE = 'SNAP_STORE_PROXY_TOKEN';

/** Longest token that is read from a file, in bytes. One of this program has 47. */
export const MAX_TOKEN_BYTES = 4_096;

const OTHERS = 0o077;
const LOOPBACK = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;
const HEADER_TEXT = /^[\x21-\x7e]+$/;

/** A store on another machine, and how to reach it. */
export interface StoreAddress {
  /** Ends with a slash. */
  readonly url: URL;
  readonly tokenFile: string | undefined;
  readonly caFile: string | undefined;
}

/**
 * The store that a command line names with `--url` or the environment.
 *
 * @returns undefined for the store of this machine
 * @throws StoreError `invalid-request` if the options contradict each other, or the URL is none
 */
export function remoteStoreOf(
  { values, allowPlainHttp }: GlobalOptions,
  env: NodeJS.ProcessEnv = process.env,
): StoreAddress | undefined {
  const data = values.get('--data');
  const url = values.get('--url');
  if (url !== undefined && data !== undefined)
    throw new StoreError(
      'invalid-request',
      'cannot use --url with --data: the data directory of a store is on its machine',
    );
  // What is typed counts more than the environment.
  const text = url ?? (data === undefined ? (env[URL_VARIABLE] ?? '') : '');
  const [tokenFile, caFile] = [values.get('--token-file'), values.get('--ca-file')];
  if (text !== '') return { url: parseUrl(text, allowPlainHttp), tokenFile, caFile };
  const other =
    [...values.keys()].find((name) => name !== '--data') ?? (allowPlainHttp && '--allow-plain-http');
  if (other !== false)
    throw new StoreError(
      'invalid-request',
      `cannot use ${other}: give it with --url URL, or set ${URL_VARIABLE}`,
    );
  return undefined;
}

function parseUrl(text: string, allowPlainHttp: boolean): URL {
  const refuse = (why: string) =>
    new StoreError('invalid-request', `cannot use the URL ${JSON.stringify(text.slice(0, 200))}: ${why}`);
  if (!URL.canParse(text)) throw refuse('give https and a host, such as https://store.example');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refuse('give https and a host');
  if (url.username !== '' || url.password !== '')
    throw refuse(`it has a user or a password; a token comes with --token-file or ${TOKEN_VARIABLE}`);
  if (url.search !== '' || url.hash !== '') throw refuse('give it without ? and #');
  if (url.protocol === 'http:' && !allowPlainHttp && !LOOPBACK.test(url.hostname))
    throw refuse(
      'everybody on the way could read the token; give https, or --allow-plain-http to accept that',
    );
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/**
 * The token, from a file or the environment.
 *
 * @throws StoreError `invalid-request` if there is none, or other accounts may read it
 */
export function readToken({ url, tokenFile }: StoreAddress, env: NodeJS.ProcessEnv = process.env): string {
  const from = tokenFile ?? TOKEN_VARIABLE;
  const token = (tokenFile === undefined ? (env[TOKEN_VARIABLE] ?? '') : readTokenFile(tokenFile)).trim();
  if (token === '' && tokenFile === undefined)
    throw new StoreError(
      'invalid-request',
      `cannot ask ${url.origin}: give a token with --token-file FILE, or set ${TOKEN_VARIABLE}; \`create-token\` makes one there`,
    );
  if (HEADER_TEXT.test(token)) return token;
  throw new StoreError('invalid-request', `cannot use the token in ${from}: give one line without spaces`);
}

function readTokenFile(path: string): string {
  const refuse = (why: string) =>
    new StoreError('invalid-request', `cannot read the token in ${path}: ${why}`);
  const file = openTrusted(path, constants.O_RDONLY, []);
  if (file === undefined) throw refuse('there is no such file');
  try {
    const { mode, size } = fstatSync(file);
    if ((mode & OTHERS) !== 0) throw refuse(`other accounts may read it; run \`chmod 400 ${path}\``);
    if (size > MAX_TOKEN_BYTES) throw refuse(`it is longer than ${MAX_TOKEN_BYTES} bytes`);
    const buffer = Buffer.alloc(MAX_TOKEN_BYTES);
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, MAX_TOKEN_BYTES, 0));
  } finally {
    closeSync(file);
  }
}
