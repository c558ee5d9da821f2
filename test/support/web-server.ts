import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { portOf } from './ports.js';

/** What a server was asked. */
export interface AskedFor {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A web server on loopback that answers as a test says, and remembers what it was asked. */
export class WebServer {
  readonly asked: AskedFor[] = [];
  answer: (asked: AskedFor, reply: ServerResponse) => unknown = (_, reply) => reply.writeHead(404).end();
  private readonly server = createServer((request, reply) => void this.handle(request, reply));
  url = new URL('http://127.0.0.1');

  static async start(): Promise<WebServer> {
    const web = new WebServer();
    await new Promise<void>((settle) => web.server.listen(0, '127.0.0.1', settle));
    web.url = new URL(`http://127.0.0.1:${portOf(web.server)}`);
    return web;
  }

  async stop(): Promise<void> {
    const closed = new Promise((settle) => this.server.close(settle));
    this.server.closeAllConnections();
    await closed;
  }

  private async handle(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request;
    const asked = { method, path, headers, body: await text(request) };
    this.asked.push(asked);
    await this.answer(asked, reply);
  }
}
