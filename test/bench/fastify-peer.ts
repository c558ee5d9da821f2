import { readFileSync } from 'node:fs';
import fastify from 'fastify';

/** One answer of the peer: always the same bytes. */
export interface PeerRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly contentType: string;
  readonly base64: string;
}

/**
 * A bare Fastify in a process of its own, the least that a Node server can do for these answers: ready
 * bytes under a fixed content type, and Fastify's own reading of a posted JSON body.
 *
 * Arguments: port, file with the routes.
 */
const [port, routesPath = ''] = process.argv.slice(2);
const app = fastify();
for (const { method, path, contentType, base64 } of JSON.parse(
  readFileSync(routesPath, 'utf8'),
) as PeerRoute[]) {
  const bytes = Buffer.from(base64, 'base64');
  app.route({
    method,
    url: path,
    handler: (_request, reply) => {
      void reply.header('content-type', contentType).send(bytes);
    },
  });
}
await app.listen({ port: Number(port), host: '127.0.0.1' });
process.once('SIGTERM', () => process.exit(0));
