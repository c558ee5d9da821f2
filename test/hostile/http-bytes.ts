import { DEVICE_HEADERS } from '../bench/snapd-request.js';

type Headers = Readonly<Record<string, string>>;

function head(line: string, headers: Headers): string {
  const lines = Object.entries({ Host: 'store.test', ...DEVICE_HEADERS, ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `${line} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** The bytes of a request without a body. */
export function get(path: string, headers: Headers = {}, method = 'GET'): Buffer {
  return Buffer.from(head(`${method} ${path}`, headers), 'latin1');
}

/** The bytes of a request with a body: JSON, or the given bytes. */
export function post(path: string, body: Buffer | object | string, headers: Headers = {}): Buffer {
  const bytes = Buffer.isBuffer(body)
    ? body
    : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const all = { 'Content-Type': 'application/json', 'Content-Length': String(bytes.length), ...headers };
  return Buffer.concat([Buffer.from(head(`POST ${path}`, all), 'latin1'), bytes]);
}

/** Only the head of a request. Its body is sent separately. */
export function postHead(path: string, headers: Headers): Buffer {
  return Buffer.from(head(`POST ${path}`, { 'Content-Type': 'application/json', ...headers }), 'latin1');
}
