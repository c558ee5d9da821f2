import { existsSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { basename } from 'node:path';
import { realFiles } from './real.js';
import type { AskedFor } from './web-server.js';

/** One recorded exchange with the official store. */
interface Recording {
  readonly name: string;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Names of the snaps that it asked for. */
  readonly names: readonly string[];
}

function namesIn(body: string): string[] {
  const { actions = [] } = (body === '' ? {} : JSON.parse(body)) as { actions?: { name?: string }[] };
  return actions.flatMap(({ name }) => name ?? []);
}

function readRecording(requestFile: string): Recording[] {
  const stem = requestFile.replace(/\.request\.http$/, '');
  const headFile = `${stem}.response.http`;
  const askedFile = `${stem}.request.body`;
  const bodyFile = `${stem}.response.body`;
  if (!existsSync(headFile)) return [];
  const [method = '', target = ''] = readFileSync(requestFile, 'utf8').split(' ');
  const [statusLine = '', ...lines] = readFileSync(headFile, 'utf8').split(/\r?\n/);
  const headers = lines.flatMap((line): [string, string][] => {
    const at = line.indexOf(': ');
    return at === -1 ? [] : [[line.slice(0, at).toLowerCase(), line.slice(at + 2)]];
  });
  return [
    {
      name: basename(stem),
      method,
      path: target.split('?')[0] ?? '',
      status: Number(statusLine.split(' ')[1]),
      headers: Object.fromEntries(headers),
      body: existsSync(bodyFile) ? readFileSync(bodyFile) : Buffer.alloc(0),
      names: existsSync(askedFile) ? namesIn(readFileSync(askedFile, 'utf8')) : [],
    },
  ];
}

/** Answers with the bytes that the official store answered with. */
export class Replay {
  readonly recordings = realFiles('http', '.request.http').flatMap(readRecording);

  /** @returns whether there was a recording */
  answer(
    { method, path, body: asked }: AskedFor,
    reply: ServerResponse,
    edit: (body: Buffer) => Buffer = (body) => body,
  ): boolean {
    const plain = path.split('?')[0];
    const names = namesIn(asked).join();
    const found = this.recordings.find(
      (one) => one.method === method && one.path === plain && one.names.join() === names,
    );
    if (!found) return false;
    const body = edit(found.body);
    reply.writeHead(found.status, { ...found.headers, 'content-length': String(body.length) }).end(body);
    return true;
  }
}
