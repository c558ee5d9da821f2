import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as limits from '../../../src/remote/command-limits.js';
import { refusalIn } from '../../support/cli.js';
import { poll } from '../../support/poll.js';
import { freePort, portOf } from '../../support/ports.js';
import { collect, PROGRAM, programEnvironment, run } from '../../support/program.js';
import { answerOf, RemoteWorld } from './remote-world.js';

let world: RemoteWorld;

beforeAll(async () => {
  world = await RemoteWorld.start();
});
afterAll(() => world.stop());

/** Asks for the API key of a model, and waits for it. */
const WAITING = { arguments: ['create', 'model', 'waiting'] };

/** The processes that the server has started. */
function children(): string {
  return readFileSync(`/proc/${world.pid}/task/${world.pid}/children`, 'utf8').trim();
}

async function problemOf(response: Response): Promise<string> {
  return `${response.status} ${((await response.json()) as { detail: string }).detail}`;
}

/** The answer so far, once it has a text. */
async function until(response: Response, text: string): Promise<string> {
  const reader = response.body?.getReader();
  let answer = '';
  while (!answer.includes(text)) {
    const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
    if (done) throw new Error(`the answer ended: ${answer}`);
    answer += Buffer.from(value as Uint8Array).toString();
  }
  return answer;
}

describe('a request that was made by hand', () => {
  it.each([
    [['ack', '/etc/passwd'], 'cannot read /etc/passwd: its content must come along'],
    [['push-account-keys', '../../etc/passwd'], 'its content must come along'],
    [['create', 'key', 'k', '--from-file', '/etc/passwd'], 'its content must come along'],
    [['create', 'key', '--from-file=/etc/passwd', 'k'], 'its content must come along'],
    [['generate-keys', '--force', '--import', '/etc/passwd'], 'its content must come along'],
    [['add-operator', 'x', '--role', 'viewer', '--password', '@/etc/passwd'], 'did not come along'],
    [['config', 'proxy.hsm.token-pin=@/etc/passwd'], 'did not come along'],
    [['config', 'proxy.tls.cert=@/etc/passwd'], 'cannot set "proxy.tls.cert"'],
    [['config', '--', 'proxy.bundle.trusted-keys=@/etc/passwd'], 'cannot set'],
  ])('reads no file of the machine: %j', async (words, why) => {
    const { status, stdout, stderr } = await answerOf(await world.post({ arguments: words }));
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(why);
    expect(stderr).not.toContain('root:');
  });

  it('keeps the files of a folder in it', async () => {
    for (const path of ['../outside', '/outside', 'a/../../outside', 'a//b', '.', 'a\0b']) {
      const files = [{ name: 'folder', entries: [{ path, content: 'eA==' }] }];
      const { stderr } = await answerOf(await world.post({ arguments: ['ack', 'folder'], files }));
      expect(stderr).toContain('is not one below it');
    }
    const files = [{ name: '../../outside', content: 'eA==' }];
    const { stderr } = await answerOf(await world.post({ arguments: ['ack', '../../outside'], files }));
    expect(stderr).toMatch(/^error: cannot add \.\.\/\.\.\/outside: /);
  });

  it.each([
    [['status', '--data', '/tmp'], '403 cannot run status over the network with --data'],
    [['status', '--url=http://127.0.0.1'], '403 cannot run status over the network with --url'],
    [['serve'], '400 cannot run "serve": this store has no such command'],
    [['secrets-key', 'export'], 'over the network: the secrets key does not leave it'],
    [['--json', 'status'], '400 cannot run "--json"'],
    [[], '400 cannot run ""'],
    [['constructor'], '400 cannot run "constructor"'],
  ])('runs only what may be run: %j', async (words, why) => {
    expect(await problemOf(await world.post({ arguments: words }))).toContain(why);
  });

  it('has limits', async () => {
    const words = (count: number) => ['history', ...Array.from({ length: count - 1 }, () => 'x')];
    expect((await world.post({ arguments: words(limits.MAX_COMMAND_WORDS) })).status).toBe(200);
    expect((await world.post({ arguments: words(limits.MAX_COMMAND_WORDS + 1) })).status).toBe(400);
    const long = (bytes: number) => ['history', 'x'.repeat(bytes - 'history'.length)];
    expect((await world.post({ arguments: long(limits.MAX_COMMAND_BYTES) })).status).toBe(200);
    expect((await world.post({ arguments: long(limits.MAX_COMMAND_BYTES + 1) })).status).toBe(413);
    const input = (bytes: number) => ({
      arguments: ['status'],
      input: Buffer.alloc(bytes).toString('base64'),
    });
    expect((await world.post(input(limits.MAX_COMMAND_INPUT_BYTES))).status).toBe(200);
    expect((await world.post(input(limits.MAX_COMMAND_INPUT_BYTES + 1))).status).toBe(413);
    const entries = (count: number) => ({
      arguments: ['ack', 'f'],
      files: [
        { name: 'f', entries: Array.from({ length: count - 1 }, (_, n) => ({ path: `${n}`, content: '' })) },
        { name: 'g' },
      ],
    });
    expect((await world.post(entries(limits.MAX_COMMAND_FILES))).status).toBe(200);
    expect((await world.post(entries(limits.MAX_COMMAND_FILES + 1))).status).toBe(413);
  });

  it('answers only questions of its own commands', async () => {
    const gone = new AbortController();
    const answer = await until(await world.post(WAITING, gone.signal), 'question');
    const [, id = ''] = /"command":"([^"]+)"/.exec(answer) ?? [];
    const ask = async (path: string, method: string, token: string, body?: object) => {
      const headers = {
        authorization: `Bearer ${token}`,
        ...(body && { 'content-type': 'application/json' }),
      };
      const url = `${world.url}/admin/v1/commands/${path}`;
      return (await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) })).status;
    };
    const [own, other] = [await world.token('far', 'admin'), await world.token('other', 'admin')];
    expect(await ask(`${id}/answers`, 'POST', other, { answer: 'key' })).toBe(404);
    expect(await ask(id, 'DELETE', other)).toBe(404);
    expect(await ask('nothing', 'DELETE', own)).toBe(404);
    expect(await ask(`${id}/answers`, 'POST', own, { answer: null })).toBe(204);
    expect(await ask(`${id}/answers`, 'POST', own, { answer: 'again' })).not.toBe(204);
    gone.abort();
  });
});

describe('how many', () => {
  it('run at once is two, some wait, and more are asked to come again', async () => {
    const gone = Array.from({ length: 2 }, () => new AbortController());
    await Promise.all(
      gone.map(async ({ signal }) => await until(await world.post(WAITING, signal), 'question')),
    );
    expect(children().split(' ')).toHaveLength(2);
    const asked = Array.from(
      { length: limits.MAX_WAITING_COMMANDS + 1 },
      async () => await world.post({ arguments: ['list-groups'] }),
    );
    // The others wait.
    const refused = await Promise.race(asked);
    expect(refused.headers.get('retry-after')).toBe(String(limits.COMMAND_RETRY_SECONDS));
    expect(await problemOf(refused)).toMatch(/^503 cannot accept another command: /);
    expect(children().split(' ')).toHaveLength(2);
    gone.forEach((one) => one.abort());
    const answers = (await Promise.all(asked)).filter((response) => response !== refused);
    for (const response of answers) expect((await answerOf(response)).status).toBe(0);
    expect(
      await poll(
        () => Promise.resolve(children()),
        (pids) => pids === '',
      ),
    ).toBe('');
  });

  it('a caller who is killed takes the command along', async () => {
    const words = ['--url', world.url, '--token-file', await world.tokenFile('far', 'admin')];
    const child = spawn(process.execPath, [PROGRAM, ...words, 'create', 'model', 'killed'], {
      env: programEnvironment({}),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    await poll(
      () => Promise.resolve(children()),
      (pids) => pids !== '',
    );
    child.kill('SIGKILL');
    expect(
      await poll(
        () => Promise.resolve(children()),
        (pids) => pids === '',
      ),
    ).toBe('');
  });

  it('Ctrl-C ends it there too, with the status of a shell', async () => {
    const words = ['--url', world.url, '--token-file', await world.tokenFile('far', 'admin')];
    const child = spawn(process.execPath, [PROGRAM, ...words, 'create', 'model', 'stopped'], {
      env: programEnvironment({}),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const asked = new Promise<void>((settle) => child.stderr.once('data', () => settle()));
    const ended = collect(child);
    await asked;
    child.kill('SIGINT');
    expect((await ended).status).toBe(130);
    expect(
      await poll(
        () => Promise.resolve(children()),
        (pids) => pids === '',
      ),
    ).toBe('');
  });
});

describe('the way there', () => {
  it('is https with a certificate that is trusted', async () => {
    const secure = await RemoteWorld.start({ tls: true });
    const token = ['--token-file', await secure.tokenFile('far', 'admin')];
    const tls = ['--url', secure.tlsUrl, ...token];
    expect(refusalIn(await run([...tls, 'list-groups']))).toMatch(
      /^cannot reach https:\S+: its certificate is not trusted \(.*\); --ca-file FILE names its authority$/,
    );
    const trusted = await run([...tls, '--ca-file', secure.caFile, 'list-groups']);
    expect(trusted).toEqual(await secure.local.run('list-groups'));
    expect(refusalIn(await run(['--url', secure.url, ...token, 'list-groups']))).toBe(
      `cannot ask ${secure.url}: it redirects to ${secure.tlsUrl}/admin/v1/commands; give that URL`,
    );
    const nothing = `http://127.0.0.1:${await freePort()}`;
    expect(refusalIn(await run(['--url', nothing, ...token, 'status']))).toBe(
      `cannot reach ${nothing}: nothing listens there`,
    );
    await secure.stop();
  });

  it.each([
    [['--url', 'http://store.example', 'status'], 'everybody on the way could read the token'],
    [['--url', 'ftp://store.example', 'status'], 'give https and a host'],
    [['--url', 'store.example', 'status'], 'give https and a host'],
    [['--url', 'https://u:p@store.example', 'status'], 'it has a user or a password'],
    [['--url', 'https://store.example/?a', 'status'], 'give it without ? and #'],
    [['--url', 'https://store.example', '--data', '/x', 'status'], 'cannot use --url with --data'],
    [['--token-file', 'x', 'status'], 'cannot use --token-file: give it with --url URL'],
    [['--allow-plain-http', 'status'], 'cannot use --allow-plain-http: give it with --url URL'],
    [['status', '--url'], 'cannot use --url: its value is missing; give --url URL'],
    [['--url', 'https://x.example', '--token-file', '/nowhere', 'status'], 'there is no such file'],
    [['--url', 'https://x.example', '--token-file', '/etc/passwd', 'status'], 'other accounts may read it'],
    [['--url', 'https://x.example', '--ca-file', '/nowhere', 'status'], 'cannot'],
  ])('is checked before anything is sent: %j', async (words, why) => {
    expect(refusalIn(await run(words, { SNAP_STORE_PROXY_TOKEN: 'ssp_x' }))).toContain(why);
  });

  it('says what is there instead of a store', async () => {
    const old = createServer((request, response) => {
      request.resume();
      if (request.headers['x'] === undefined && request.method === 'GET') {
        response.writeHead(302, { location: 'https://elsewhere.example/' }).end();
        return;
      }
      response.writeHead(404, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ code: 'resource-not-found', detail: 'not found' }));
    }).listen(0, '127.0.0.1');
    const cut = createTcpServer((socket) => {
      const line = `${JSON.stringify({ command: 'x' })}\n`;
      socket.once('data', () => {
        socket.end(
          `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${line.length.toString(16)}\r\n${line}\r\n`,
        );
      });
    }).listen(0, '127.0.0.1');
    const at = async (port: number, ...words: string[]) =>
      refusalIn(
        await run(['--url', `http://127.0.0.1:${port}`, ...words], { SNAP_STORE_PROXY_TOKEN: 'ssp_x' }),
      );
    await Promise.all([once(old, 'listening'), once(cut, 'listening')]);
    try {
      expect(await at(portOf(old), 'status')).toContain(
        'that store is too old for commands over the network',
      );
      expect(await at(portOf(old), '--version')).toContain('it redirects to https://elsewhere.example/');
      expect(await at(portOf(cut), 'status')).toContain('cannot say how the command ended');
    } finally {
      old.close();
      cut.close();
    }
  });
});
