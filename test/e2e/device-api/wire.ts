import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** The received data, undecoded. */
export interface WireReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface WireRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly agent?: Agent;
}

/** Listens on a free port of this machine. */
export async function listen(app: NestFastifyApplication): Promise<number> {
  await app.listen(0, '127.0.0.1');
  const address: unknown = app.getHttpServer().address();
  if (
    typeof address === 'object' &&
    address !== null &&
    'port' in address &&
    typeof address.port === 'number'
  )
    return address.port;
  throw new Error('the server has no port');
}

/** Sends one request with exactly these headers (and Host, and the body's length). */
export async function send(
  port: number,
  { method = 'GET', path, headers, body, agent }: WireRequest,
): Promise<WireReply> {
  return await new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, method, path, headers, agent: agent ?? false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Writes bytes unchanged and reads until the server closes. */
export async function exchange(port: number, text: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let heard = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => (heard += chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(heard));
  });
}

/** Splits the result of `exchange` into replies, by their `Content-Length`. */
export function repliesIn(heard: string): WireReply[] {
  const replies: WireReply[] = [];
  let rest = heard;
  while (rest !== '') {
    const headEnd = rest.indexOf('\r\n\r\n');
    const [statusLine = '', ...lines] = rest.slice(0, headEnd).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
    );
    const bodyEnd = headEnd + 4 + Number(headers['content-length'] ?? 0);
    if (headEnd === -1 || rest.length < bodyEnd) throw new Error(`a reply is cut: ${rest.slice(0, 200)}`);
    replies.push({
      status: Number(statusLine.split(' ')[1]),
      headers,
      body: Buffer.from(rest.slice(headEnd + 4, bodyEnd), 'latin1'),
    });
    rest = rest.slice(bodyEnd);
  }
  return replies;
}

export function jsonOf({ body }: { readonly body: Buffer | string }): unknown {
  return JSON.parse(body.toString()) as unknown;
}
