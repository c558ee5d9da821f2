import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { Role, Scope } from '../../../src/common/domain/role.js';
import { TransactionsService } from '../../../src/database/transactions.service.js';
import { OperatorsService } from '../../../src/management/operators.service.js';
import { TokensService } from '../../../src/management/tokens.service.js';
import { StoreApp } from '../../support/store-app.js';
import { listen, send } from '../device-api/wire.js';

/** A request to the management API, from the machine itself where nothing else is said. */
export interface AdminRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  readonly path: string;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly from?: string;
}

/** An answer of it. */
export interface AdminReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: Record<string, unknown>;
  readonly text: string;
}

let addresses = 0;

/** An address of the machine from which nobody has asked. */
export const stranger = () => `127.9.${Math.floor((addresses += 1) / 250)}.${addresses % 250}`;

/** A store with operators and tokens. */
export class AdminWorld {
  private port: number | undefined;

  private constructor(readonly store: StoreApp) {}

  static async start(): Promise<AdminWorld> {
    return new AdminWorld(await StoreApp.start());
  }

  /** Of a store that a test fills. */
  static of(store: StoreApp): AdminWorld {
    return new AdminWorld(store);
  }

  /** From now on requests go over real connections, from this machine. */
  async listen(): Promise<this> {
    this.port = await listen(this.store.app);
    return this;
  }

  get operators(): OperatorsService {
    return this.store.app.get(OperatorsService);
  }

  async stop(): Promise<void> {
    await this.store.stop();
  }

  async token(
    name: string,
    role: Role,
    scopes: readonly Scope[] = [],
    more: { operator?: string } = {},
  ): Promise<string> {
    return (await this.store.app.get(TokensService).create({ name, role, scopes, ...more })).text;
  }

  async query<Row>(sql: string): Promise<Row[]> {
    return await this.store.app.get(TransactionsService).run((tx) => tx.query<Row[]>(sql));
  }

  async ask({
    method = 'GET',
    path,
    token,
    headers = {},
    body,
    from = stranger(),
  }: AdminRequest): Promise<AdminReply> {
    const payload = payloadOf(body);
    const request = {
      method,
      headers: {
        host: 'store.example',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
    };
    if (this.port !== undefined) {
      const reply = await send(this.port, {
        ...request,
        path,
        ...(payload !== undefined && { body: payload }),
      });
      return replyOf(reply.status, reply.headers, reply.body.toString());
    }
    const reply = await this.store.app.inject({
      ...request,
      url: path,
      remoteAddress: from,
      ...(payload !== undefined && { payload }),
    });
    return replyOf(reply.statusCode, reply.headers, reply.body);
  }
}

/** Names and texts that look like something else, and must get a clean refusal. */
export const HOSTILE_TEXTS: readonly (readonly [what: string, text: string])[] = [
  ['HTML', '<script>alert(1)</script>'],
  ['SQL', `'; drop table snap; --`],
  ['a path', '../../etc/passwd'],
  ['NUL', 'a\0b'],
  ['10,000 characters', 'x'.repeat(10_000)],
  ['a header', 'a\r\nset-cookie: x'],
  ['a template', '{{7*7}}'],
  ['a right-to-left mark', '\u202egpj.exe'],
  ['a pattern', '%'],
];

function payloadOf(body: unknown): string | Buffer | undefined {
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) return body;
  return JSON.stringify(body);
}

function replyOf(
  status: number,
  headers: IncomingHttpHeaders | OutgoingHttpHeaders,
  text: string,
): AdminReply {
  const isJson = String(headers['content-type'] ?? '').includes('json') && text !== '';
  return {
    status,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    json: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
    text,
  };
}

export function basic(name: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` };
}
