import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Role, Scope } from '../../../src/common/domain/role.js';
import type { AnswerLine } from '../../../src/remote/command-request.js';
import { LOOPBACK, TestCertificate } from '../../support/certificates.js';
import { Cli } from '../../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { freePort } from '../../support/ports.js';
import { run, serve, type Outcome } from '../../support/program.js';
import { TestPublisher, writePair } from '../../support/test-snaps.js';
import { runWarm } from '../../support/warm-program.js';

/** A store that serves, and what a person on another machine has: a token, and no data directory. */
export class RemoteWorld {
  /** The command line at the machine of the store. */
  readonly local = new Cli(() => this.dataDir);
  private readonly tokens = new Map<string, string>();

  private constructor(
    /** For files of the test. */
    readonly directory: string,
    private readonly database: TestDatabase,
    readonly publisher: TestPublisher,
    readonly caFile: string,
    private readonly started: {
      url?: string;
      tlsUrl?: string;
      child?: ChildProcess;
      ended?: Promise<Outcome>;
    } = {},
  ) {}

  get dataDir(): string {
    return join(this.directory, 'data');
  }

  get url(): string {
    return this.started.url ?? '';
  }

  get tlsUrl(): string {
    return this.started.tlsUrl ?? '';
  }

  get pid(): number {
    return this.started.child?.pid ?? 0;
  }

  /** @param tls - whether it has a certificate; then plain HTTP leads to HTTPS */
  static async start({ tls = false } = {}): Promise<RemoteWorld> {
    const directory = mkdtempSync(join(tmpdir(), 'remote-'));
    const publisher = new TestPublisher();
    const root = await TestCertificate.authority();
    const leaf = await root.issue({ name: 'store', names: LOOPBACK });
    const caFile = join(directory, 'ca.pem');
    writeFileSync(caFile, root.pem);
    const world = new RemoteWorld(directory, await createTestDatabase(), publisher, caFile);
    await world.setUp(tls ? `${leaf.pem}${leaf.keyPem}` : undefined);
    return world;
  }

  async stop(): Promise<void> {
    this.started.child?.kill('SIGTERM');
    await this.started.ended;
    await this.database.drop();
    rmSync(this.directory, { recursive: true });
  }

  /** A file with the token of that name, made when it is first asked for. */
  async tokenFile(name: string, role: Role, scopes: readonly Scope[] = []): Promise<string> {
    const file = this.tokens.get(name) ?? join(this.directory, `token-${name}`);
    if (this.tokens.has(name)) return file;
    const words = scopes.flatMap((scope) => ['--scope', scope]);
    const { stdout } = await this.local.run('create-token', name, '--role', role, ...words);
    writeFileSync(file, stdout, { mode: 0o600 });
    this.tokens.set(name, file);
    return file;
  }

  async token(name: string, role: Role, scopes: readonly Scope[] = []): Promise<string> {
    return readFileSync(await this.tokenFile(name, role, scopes), 'utf8').trim();
  }

  /** Runs a command on another machine, as an admin. */
  async far(...words: readonly string[]): Promise<Outcome> {
    return await this.farAs(await this.tokenFile('far', 'admin'), ...words);
  }

  async farAs(tokenFile: string, ...words: readonly string[]): Promise<Outcome> {
    return await runWarm([...words, '--url', this.url, '--token-file', tokenFile]);
  }

  /** The same in a process of its own, with an input. */
  async farWith(input: string | undefined, ...words: readonly string[]): Promise<Outcome> {
    const file = await this.tokenFile('far', 'admin');
    return await run(['--url', this.url, '--token-file', file, ...words], {}, input);
  }

  /** Begins a command by a hand-made request. */
  async post(body: object, signal?: AbortSignal): Promise<Response> {
    return await fetch(`${this.url}/admin/v1/commands`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await this.token('far', 'admin')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    });
  }

  private async setUp(certificate: string | undefined): Promise<void> {
    const [http, https] = [await freePort(), await freePort()];
    await this.local.run('config', `proxy.db.connection=${this.database.url}`);
    await this.local.run(
      'config',
      'proxy.ipaddress=127.0.0.1',
      'proxy.domain=127.0.0.1',
      `proxy.port.http=${http}`,
      `proxy.port.https=${https}`,
      `proxy.trusted-assertions=${await this.publisher.writeRoot(this.directory)}`,
    );
    if (certificate !== undefined) await run(['--data', this.dataDir, 'import-certificate'], {}, certificate);
    for (const revision of [1, 2])
      await this.local.run(
        'push-snap',
        await writePair(this.directory, this.publisher.snap({ name: 'hello', revision })),
      );
    const { url, child, ended } = await serve(['--data', this.dataDir]);
    Object.assign(this.started, { url, child, ended, tlsUrl: `https://127.0.0.1:${https}` });
  }
}

/** All that a command has answered. */
export async function answerOf(response: Response): Promise<Outcome> {
  const outcome = { status: null as number | null, stdout: '', stderr: '' };
  for (const text of (await response.text()).split('\n')) {
    if (text === '') continue;
    const line = JSON.parse(text) as AnswerLine;
    if ('stdout' in line) outcome.stdout += line.stdout;
    if ('stderr' in line) outcome.stderr += line.stderr;
    if ('exit' in line) outcome.status = line.exit;
  }
  return outcome;
}
