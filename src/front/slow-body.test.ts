import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { allowSlowBody } from './slow-body.js';

/** What a server answers to a body that is sent after the limit for requests. */
async function answerToSlowBody(handle: (request: IncomingMessage) => void): Promise<string> {
  const limits = { requestTimeout: 200, headersTimeout: 100, connectionsCheckingInterval: 50 };
  const server = createServer(limits, (request: IncomingMessage, response: ServerResponse) => {
    handle(request);
    request.resume().on('end', () => response.end('whole'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let heard = '';
  socket.setEncoding('utf8').on('data', (text: string) => (heard += text));
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nx');
  // Longer than the limit and two looks at it.
  setTimeout(() => socket.write('y'), 600);
  await once(socket, 'close');
  server.close();
  await once(server, 'close');
  return heard;
}

it('lets a body take longer than other requests may', async () => {
  expect(await answerToSlowBody(() => undefined)).toContain('408');
  expect(await answerToSlowBody(allowSlowBody)).toContain('whole');
});

it('leaves a connection whose body has arrived among those that a closing server ends', async () => {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      allowSlowBody(request);
      response.end('whole');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxy');
  expect(String(await once(socket, 'data'))).toContain('200 OK');
  server.close();
  server.closeIdleConnections();
  await once(server, 'close');
});
