import { TransactionsService } from '../../../src/database/transactions.service.js';
import { OperatorsService } from '../../../src/management/operators.service.js';
import type { Role, Scope } from '../../../src/management/role.js';
import { TokensService } from '../../../src/management/tokens.service.js';
import { StoreApp } from '../../support/store-app.js';

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
  private constructor(readonly store: StoreApp) {}

  static async start(): Promise<AdminWorld> {
    return new AdminWorld(await StoreApp.start());
  }

  /** Of a store that a test fills. */
  static of(store: StoreApp): AdminWorld {
    return new AdminWorld(store);
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
    const reply = await this.store.app.inject({
      method,
      url: path,
      remoteAddress: from,
      headers: {
        host: 'store.example',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const isJson = String(reply.headers['content-type'] ?? '').includes('json') && reply.body !== '';
    return {
      status: reply.statusCode,
      headers: Object.fromEntries(
        Object.entries(reply.headers).map(([name, value]) => [name, String(value)]),
      ),
      json: isJson ? (JSON.parse(reply.body) as Record<string, unknown>) : {},
      text: reply.body,
    };
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

export function basic(name: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` };
}
