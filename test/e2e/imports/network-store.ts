import { request as httpRequest } from 'node:http';
import type { Role, Scope } from '../../../src/common/domain/role.js';
import { PushJobRunnerService } from '../../../src/imports/jobs/push-job-runner.service.js';
import { TokensService } from '../../../src/management/tokens.service.js';
import { portOf } from '../../support/ports.js';
import { StoreApp } from '../../support/store-app.js';
import type { TestPublisher } from '../../support/test-snaps.js';

/** An answer of the management API. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Record<string, unknown>;
}

/** A part of a file to send. */
export interface Part {
  readonly offset: number;
  readonly bytes: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Somebody who pushes over real HTTP, with a token. */
export class NetworkClient {
  constructor(
    readonly url: string,
    readonly token: string,
  ) {}

  async ask(
    method: string,
    path: string,
    { headers = {}, body }: { headers?: Readonly<Record<string, string>>; body?: unknown } = {},
  ): Promise<Answer> {
    const isBytes = Buffer.isBuffer(body);
    const answer = await fetch(`${this.url}/admin/v1/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body !== undefined && !isBytes && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: isBytes ? new Uint8Array(body) : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = (answer.headers.get('content-type') ?? '').includes('json') && text !== '';
    return {
      status: answer.status,
      headers: answer.headers,
      json: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
    };
  }

  async tus(
    method: string,
    path: string,
    options: { headers?: Readonly<Record<string, string>>; body?: Buffer } = {},
  ): Promise<Answer> {
    return await this.ask(method, path, {
      ...options,
      headers: { 'tus-resumable': '1.0.0', ...options.headers },
    });
  }

  async begin(lengthBytes: number, name = 'file.tar.gz'): Promise<Answer> {
    return await this.tus('POST', 'uploads', {
      headers: {
        'upload-length': String(lengthBytes),
        'upload-metadata': `filename ${Buffer.from(name).toString('base64')}`,
      },
    });
  }

  /** Begins an upload that must be accepted. @returns its id */
  async begun(lengthBytes: number, name?: string): Promise<string> {
    const { status, json } = await this.begin(lengthBytes, name);
    if (status !== 201) throw new Error(`no upload: ${status} ${JSON.stringify(json)}`);
    return String(json['id']);
  }

  async patch(id: string, { offset, bytes, headers = {} }: Part): Promise<Answer> {
    return await this.tus('PATCH', `uploads/${id}`, {
      headers: {
        'content-type': 'application/offset+octet-stream',
        'upload-offset': String(offset),
        ...headers,
      },
      body: bytes,
    });
  }

  /** Sends the beginning of a part, and breaks the connection after so many bytes of it. */
  async cutOff(id: string, { offset, bytes }: Part, after: number): Promise<void> {
    const request = httpRequest(`${this.url}/admin/v1/uploads/${id}`, {
      method: 'PATCH',
      headers: {
        authorization: `Bearer ${this.token}`,
        'tus-resumable': '1.0.0',
        'content-type': 'application/offset+octet-stream',
        'upload-offset': String(offset),
        'content-length': String(bytes.length),
      },
    });
    request.on('error', () => undefined);
    await new Promise<void>((resolve) => {
      request.flushHeaders();
      request.write(bytes.subarray(0, after), () => resolve());
    });
    await new Promise((resolve) => {
      request.once('close', resolve);
      request.destroy();
    });
  }

  async offset(id: string): Promise<number> {
    const { status, headers } = await this.tus('HEAD', `uploads/${id}`);
    if (status !== 200) throw new Error(`no offset: ${status}`);
    return Number(headers.get('upload-offset'));
  }

  /** Uploads a whole file. @returns its id */
  async upload(bytes: Buffer, name: string): Promise<string> {
    const id = await this.begun(bytes.length, name);
    const { status, json } = await this.patch(id, { offset: 0, bytes });
    if (status !== 204) throw new Error(`not uploaded: ${status} ${JSON.stringify(json)}`);
    return id;
  }

  async import(uploads: readonly string[], options: Record<string, unknown> = {}): Promise<Answer> {
    return await this.ask('POST', 'imports', { body: { uploads, ...options } });
  }

  /** Begins an import that must be accepted. @returns its id */
  async importing(uploads: readonly string[], options: Record<string, unknown> = {}): Promise<number> {
    const { status, json } = await this.import(uploads, options);
    if (status !== 201) throw new Error(`no import: ${status} ${JSON.stringify(json)}`);
    return Number(json['id']);
  }

  /** Follows an import to its end, by its events. @returns the import with its result */
  async ended(id: number): Promise<Record<string, unknown>> {
    for await (const { event } of this.events(id))
      if (event === 'end') return (await this.ask('GET', `imports/${id}`)).json;
    throw new Error(`the events of import ${id} ended before it did`);
  }

  async *events(id: number): AsyncGenerator<{ event: string; data: Record<string, unknown> }> {
    const answer = await fetch(`${this.url}/admin/v1/imports/${id}/events`, {
      headers: { authorization: `Bearer ${this.token}` },
    });
    if (answer.status !== 200) throw new Error(`no events: ${answer.status} ${await answer.text()}`);
    let text = '';
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      for (let at = text.indexOf('\n\n'); at >= 0; at = text.indexOf('\n\n')) {
        const found = /^event: (\w+)\ndata: (.*)$/.exec(text.slice(0, at));
        text = text.slice(at + 2);
        if (found)
          yield { event: found[1] ?? '', data: JSON.parse(found[2] ?? '{}') as Record<string, unknown> };
      }
    }
  }
}

/** A store that listens, runs imports, and trusts a publisher. */
export class NetworkStore {
  private constructor(
    readonly store: StoreApp,
    readonly url: string,
  ) {}

  static async start(publisher: TestPublisher): Promise<NetworkStore> {
    const store = await StoreApp.start();
    await store.trust(await publisher.writeRoot(store.directory));
    await store.app.listen(0, '127.0.0.1');
    return new NetworkStore(store, `http://127.0.0.1:${portOf(store.app.getHttpServer())}`);
  }

  /** From now on, jobs are done. */
  async run(): Promise<void> {
    await this.store.app.get(PushJobRunnerService).start();
  }

  async stop(): Promise<void> {
    await this.store.stop();
  }

  async client(
    name: string,
    { role = 'operator', scopes = ['import'] }: { role?: Role; scopes?: readonly Scope[] } = {},
  ): Promise<NetworkClient> {
    const { text } = await this.store.app.get(TokensService).create({ name, role, scopes });
    return new NetworkClient(this.url, text);
  }
}
