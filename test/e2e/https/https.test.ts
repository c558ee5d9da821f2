import { createHash, randomBytes } from 'node:crypto';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet, request as httpsRequest } from 'node:https';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_CERTIFICATE_BYTES } from '../../../src/https/server-certificate.js';
import { LOOPBACK, TestCertificate } from '../../support/certificates.js';
import { Cli } from '../../support/cli.js';
import { CommandStore } from '../../support/command-store.js';
import { poll } from '../../support/poll.js';
import { freePort } from '../../support/ports.js';
import { serve } from '../../support/program.js';
import { TestPublisher, writePair } from '../../support/test-snaps.js';

/** Much more than sockets can buffer, so that a download stays unfinished while its reader pauses. */
const LARGE_BYTES = 32 << 20;

const publisher = new TestPublisher();
const large = publisher.snap({ name: 'large', revision: 1, padding: randomBytes(LARGE_BYTES) });
const DOWNLOAD = `/api/v1/snaps/download/${large.snapId}_1.snap`;

let directory: string;
let machine: CommandStore;
let server: Awaited<ReturnType<typeof serve>>;
let httpPort: number;
let port: number;
let root: TestCertificate;
let intermediate: TestCertificate;
let leaf: TestCertificate;

const cli = new Cli(() => machine.dataDir);

beforeAll(async () => {
  machine = await CommandStore.start();
  ({ directory } = machine);
  [httpPort, port] = [await freePort(), await freePort()];
  root = await TestCertificate.authority();
  intermediate = await root.issue({ name: 'Test Intermediate', isCa: true });
  leaf = await intermediate.issue({ name: 'store', names: LOOPBACK });
  await cli.run(
    'config',
    'proxy.ipaddress=127.0.0.1',
    'proxy.domain=127.0.0.1',
    `proxy.port.http=${httpPort}`,
    `proxy.port.https=${port}`,
    `proxy.trusted-assertions=${await publisher.writeRoot(directory)}`,
  );
  expect((await cli.run('push-snap', await writePair(directory, large))).status).toBe(0);
  server = await serve(['--data', machine.dataDir]);
});
afterAll(async () => {
  server.child.kill('SIGTERM');
  expect(await server.ended).toMatchObject({ status: 0 });
  await machine.stop();
});

/** A TLS connection, or the code of its failure. */
async function handshake(options: ConnectionOptions = {}): Promise<TLSSocket | string> {
  return await new Promise((settle) => {
    const socket = connect({ host: '127.0.0.1', port, ca: root.pem, ...options });
    socket.once('secureConnect', () => settle(socket));
    socket.once('error', (error) => settle(String((error as NodeJS.ErrnoException).code)));
  });
}

/** The fingerprint of the server's certificate, or the code of the failure. */
async function shown(options: ConnectionOptions = {}): Promise<string> {
  const socket = await handshake(options);
  if (typeof socket === 'string') return socket;
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

async function plain(path: string, headers = {}): Promise<IncomingMessage> {
  return await new Promise((settle, fail) => {
    httpGet({ host: '127.0.0.1', port: httpPort, path, headers, agent: false }, settle).once('error', fail);
  });
}

async function secure(path: string, ca = root.pem, at = port): Promise<IncomingMessage> {
  return await new Promise((settle, fail) => {
    httpsGet({ host: '127.0.0.1', port: at, path, ca, agent: false }, settle).once('error', fail);
  });
}

const statusOf = async (path: string) => (await plain(path)).resume().statusCode;
const imported = async () =>
  await cli.runWith({ input: intermediate.pem + leaf.keyPem + leaf.pem }, 'import-certificate');
const served = async () => await poll(shown, (result) => result === leaf.fingerprint);

describe('without a certificate', () => {
  it('nothing listens on the HTTPS port, and HTTP answers', async () => {
    expect(await shown()).toBe('ECONNREFUSED');
    expect(await statusOf('/')).toBe(200);
  });
});

describe('import-certificate', () => {
  it('makes a running server listen with TLS, with the whole chain', async () => {
    const { status, stdout, stderr } = await imported();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      'Certificate: store',
      'Names: 127.0.0.1, localhost',
      'Issuer: Test Intermediate',
      'Intermediate: Test Intermediate',
      `SHA-256 fingerprint: ${leaf.fingerprint}`,
      expect.stringMatching(/^Valid until: \S+Z$/) as string,
      `Devices reach the store at https://127.0.0.1:${port}`,
      '',
    ]);
    expect(await served()).toBe(leaf.fingerprint);
  });

  it('hides the key, and shows it if it is named', async () => {
    const { stdout } = await cli.run('config');
    expect(stdout).toContain('proxy.tls.cert: store, Test Intermediate\nproxy.tls.key: <redacted>\n');
    expect((await cli.run('config', 'proxy.tls.key')).stdout.trim()).toBe(leaf.keyPem.trim());
  });

  it.each([
    ['the key of another', () => leaf.pem + root.keyPem, 'no certificate in it matches the private key'],
    [
      'a certificate for another name',
      async () => {
        const other = await root.issue({ name: 'o', names: [{ type: 'dns', value: 'other.example' }] });
        return other.pem + other.keyPem;
      },
      'the certificate is for other.example, but devices look for 127.0.0.1 (proxy.domain): set proxy.domain to one of these names, or get a certificate for 127.0.0.1',
    ],
    [
      'an expired one',
      async () => {
        const dates = { notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') };
        const old = await root.issue({ name: 'old', names: LOOPBACK, ...dates });
        return old.pem + old.keyPem;
      },
      'the certificate of old expired at 2021-01-01T00:00:00Z',
    ],
    ['nothing', () => '', 'there is no PEM in it'],
    [
      'one byte too many',
      () => (leaf.pem + leaf.keyPem).padEnd(MAX_CERTIFICATE_BYTES + 1),
      `the input is longer than ${MAX_CERTIFICATE_BYTES} bytes`,
    ],
  ])('refuses %s and changes nothing', async (_name, input, message) => {
    const before = (await cli.run('config', 'proxy.tls.cert', 'proxy.tls.key')).stdout;
    const { status, stdout, stderr } = await cli.runWith({ input: await input() }, 'import-certificate');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^error: cannot import certificate: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect((await cli.run('config', 'proxy.tls.cert', 'proxy.tls.key')).stdout).toBe(before);
    expect(await shown()).toBe(leaf.fingerprint);
  });

  it.each([
    ['proxy.tls.cert=nonsense', 'cannot set proxy.tls.cert: there is no PEM in it'],
    ['proxy.tls.cert=@/nowhere', 'cannot set proxy.tls.cert: cannot read /nowhere: '],
    ['proxy.port.https=0', 'give a port from 1 to 65535'],
    ['proxy.port.https=65536', 'give a port from 1 to 65535'],
  ])('config refuses %s', async (change, message) => {
    const { status, stdout, stderr } = await cli.run('config', change);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toContain(message);
  });

  it('config refuses a key that does not match', async () => {
    const bad = await cli.runWith({ input: 'nonsense' }, 'config', 'proxy.tls.key=-');
    expect(bad).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(
        'cannot set proxy.tls.key: the private key in it cannot be read',
      ) as string,
    });
    expect(await cli.runWith({ input: root.keyPem }, 'config', 'proxy.tls.key=-')).toMatchObject({
      status: 1,
      stderr:
        'error: cannot set proxy.tls.cert and proxy.tls.key: the key does not match the first certificate (change both at once, as `import-certificate` does)\n',
    });
  });
});

describe('with a certificate', () => {
  it.each(['TLSv1', 'TLSv1.1'] as const)('%s is refused', async (version) => {
    // The client's own OpenSSL must allow it: it reports when the server's alert ends the handshake.
    const options = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
    expect(await shown(options)).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('%s is accepted', async (version) => {
    const socket = await handshake({ minVersion: version, maxVersion: version });
    if (typeof socket === 'string') throw new Error(socket);
    expect(socket.getProtocol()).toBe(version);
    socket.destroy();
  });

  it('a client that does not trust the root is not served', async () => {
    expect(await shown({ ca: (await TestCertificate.authority('Other')).pem })).toBe(
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    );
  });

  it('answers as over HTTP, with https in its URLs', async () => {
    const response = await secure('/v2/snaps/info/large?fields=download');
    expect(response.statusCode).toBe(200);
    expect(response.headers['snap-store-version']).toBe('69');
    const info = JSON.parse(await text(response)) as { 'channel-map': { download: { url: string } }[] };
    expect(info['channel-map'][0]?.download.url).toBe(`https://127.0.0.1:${port}${DOWNLOAD}`);
  });

  it.each([
    ['/', '/'],
    ['/v2/snaps/find?q=a%20b&x=%2F', '/v2/snaps/find?q=a%20b&x=%2F'],
    ['//evil.example/', '//evil.example/'],
    ['http://evil.example/path?q=1', '/path?q=1'],
    ['/_status/checks', '/_status/checks'],
  ])('HTTP redirects %s', async (path, to) => {
    const response = await plain(path, { host: 'evil.example' });
    expect(await text(response)).toBe('');
    expect(response.statusCode).toBe(308);
    expect(response.headers.location).toBe(`https://127.0.0.1:${port}${to}`);
    expect(response.headers['snap-store-version']).toBe('69');
  });

  it('answers requests that a trusted proxy received over HTTPS, and no others', async () => {
    const forwarded = { 'x-forwarded-proto': 'https' };
    const answerTo = async (headers: object) => (await plain('/v2/snaps/info/large', headers)).statusCode;
    expect(await answerTo(forwarded)).toBe(308);
    await cli.run('config', 'proxy.trust-forwarded-proto=true');
    expect(
      await poll(
        () => answerTo(forwarded),
        (status) => status === 200,
      ),
    ).toBe(200);
    expect(await answerTo({ 'x-forwarded-proto': 'http' })).toBe(308);
    expect(await answerTo({})).toBe(308);
    await cli.run('config', 'proxy.trust-forwarded-proto=false');
    expect(
      await poll(
        () => answerTo(forwarded),
        (status) => status === 308,
      ),
    ).toBe(308);
  });

  it('a redirected POST arrives with its body', async () => {
    const { headers } = await plain('/v2/snaps/refresh');
    const body = JSON.stringify({
      context: [],
      actions: [{ action: 'install', 'instance-key': '1', name: 'large' }],
    });
    const reply = await fetch(`${server.url}/v2/snaps/refresh`, { method: 'POST', body, redirect: 'manual' });
    expect(reply.status).toBe(308);
    const answer = await new Promise<IncomingMessage>((settle) => {
      const type = { 'content-type': 'application/json', 'snap-device-series': '16' };
      httpsRequest(
        String(headers.location),
        { method: 'POST', ca: root.pem, agent: false, headers: type },
        settle,
      ).end(body);
    });
    expect(await text(answer)).toContain('"name":"large"');
  });

  it.each(['/_status/check', '/_status/check?from=haproxy'])('%s is answered without TLS', async (path) => {
    expect(await statusOf(path)).toBe(200);
  });

  it('bytes that are not HTTP are answered, and bytes that are not TLS end the connection', async () => {
    const socket = await handshake();
    if (typeof socket === 'string') throw new Error(socket);
    socket.write('nonsense\r\n\r\n');
    expect(await text(socket)).toContain('HTTP/1.1 400 Bad Request\r\n');
    const bare = await fetch(`http://127.0.0.1:${port}/`).catch((error: Error) => error.message);
    expect(bare).toBe('fetch failed');
    expect(await shown()).toBe(leaf.fingerprint);
  });

  it('a new certificate is used at once, and a running download continues', async () => {
    const renewed = await root.issue({ name: 'renewed', names: LOOPBACK, kind: 'rsa' });
    const download = await secure(DOWNLOAD);
    expect(download.headers['content-length']).toBe(String(large.sizeBytes));
    const hash = createHash('sha3-384');
    let sizeBytes = 0;
    const chunks = download[Symbol.asyncIterator]();
    const take = async () => {
      const { value, done } = (await chunks.next()) as IteratorResult<Buffer>;
      if (done) return false;
      hash.update(value);
      sizeBytes += value.length;
      return true;
    };
    await take();
    expect((await cli.runWith({ input: renewed.keyPem + renewed.pem }, 'import-certificate')).status).toBe(0);
    expect(await poll(shown, (result) => result === renewed.fingerprint)).toBe(renewed.fingerprint);
    expect(sizeBytes).toBeLessThan(large.sizeBytes / 2);
    while (await take());
    expect(sizeBytes).toBe(large.sizeBytes);
    expect(hash.digest()).toEqual(large.digest);
  });

  it('empty settings return to HTTP, and a running download continues', async () => {
    await imported();
    await served();
    const download = await secure(DOWNLOAD);
    const cleared = await cli.run('config', 'proxy.tls.cert=', 'proxy.tls.key=');
    expect(cleared).toMatchObject({ status: 0, stderr: '' });
    expect(await poll(shown, (result) => result === 'ECONNREFUSED')).toBe('ECONNREFUSED');
    expect(await statusOf('/')).toBe(200);
    const hash = createHash('sha3-384');
    for await (const chunk of download as AsyncIterable<Buffer>) hash.update(chunk);
    expect(hash.digest()).toEqual(large.digest);
    await imported();
    expect(await served()).toBe(leaf.fingerprint);
  });
});

describe('import-certificate --selfsigned', () => {
  it('makes a certificate that clients who trust it can verify', async () => {
    const { status, stdout } = await cli.run('import-certificate', '--selfsigned');
    expect(status).toBe(0);
    expect(stdout).toContain('Names: 127.0.0.1\n');
    expect(stdout).toContain('sudo snap set system store-certs.');
    const fingerprint = /SHA-256 fingerprint: (\S+)/.exec(stdout)?.[1] ?? 'none';
    const pem = (await cli.run('config', 'proxy.tls.cert')).stdout;
    expect(
      await poll(
        () => shown({ ca: pem }),
        (result) => result === fingerprint,
      ),
    ).toBe(fingerprint);
    expect((await secure('/', pem)).resume().statusCode).toBe(200);
    expect(await shown()).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
  });

  it('--json prints one object', async () => {
    const { stdout } = await cli.run('import-certificate', '--selfsigned', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ names: ['127.0.0.1'], intermediates: [] });
  });
});

describe('a server on other ports', () => {
  let otherHttp: number;
  let otherPort: number;

  const started = async () => await serve(['--data', machine.dataDir]);

  beforeAll(async () => {
    await imported();
    [otherHttp, otherPort] = [await freePort(), await freePort()];
    const changed = await cli.run('config', `proxy.port.http=${otherHttp}`, `proxy.port.https=${otherPort}`);
    expect(changed.stderr).toContain('restart');
  });

  it('prints both URLs, and ends after the last answer is sent', async () => {
    const { child, ended } = await started();
    const idle = await handshake({ port: otherPort });
    const download = await secure(DOWNLOAD, root.pem, otherPort);
    child.kill('SIGTERM');
    if (typeof idle === 'string') throw new Error(idle);
    // The server closes it, which shows that the server is stopping while the download is unfinished.
    await text(idle);
    const hash = createHash('sha3-384');
    for await (const chunk of download as AsyncIterable<Buffer>) hash.update(chunk);
    expect(hash.digest()).toEqual(large.digest);
    const { stdout, ...outcome } = await ended;
    expect(outcome).toEqual({ status: 0, stderr: '' });
    const said = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { message: string }).message);
    expect(said).toEqual([
      expect.stringMatching(/^this store is not registered: /),
      `Serving snaps on http://127.0.0.1:${otherHttp} and https://127.0.0.1:${otherPort}`,
      expect.stringMatching(/^stopping: waiting 60 seconds at most for 1 running request/),
    ]);
  });

  it('does not start if another program uses the HTTPS port', async () => {
    const holder = createServer().listen(otherPort, '127.0.0.1');
    expect(await cli.runWith({ input: '' }, 'serve')).toEqual({
      status: 1,
      stdout: '',
      stderr: `error: cannot listen on 127.0.0.1 port ${otherPort}: another program listens there\n`,
    });
    await new Promise((settle) => holder.close(settle));
  });

  it('that is running reports it, serves HTTP, and tries again at the next change', async () => {
    await cli.run('config', 'proxy.tls.cert=', 'proxy.tls.key=');
    const { url, child, ended } = await started();
    let said = '';
    child.stdout?.on('data', (chunk: string) => (said += chunk));
    const holder = createServer().listen(otherPort, '127.0.0.1');
    await imported();
    const problem = `cannot listen on 127.0.0.1 port ${otherPort}: another program listens there`;
    expect(
      await poll(
        () => said,
        (lines) => lines.includes(problem),
      ),
    ).toContain(problem);
    expect((await fetch(`${url}/`, { redirect: 'manual' })).status).toBe(200);
    await new Promise((settle) => holder.close(settle));
    await imported();
    const there = () => shown({ port: otherPort });
    expect(await poll(there, (result) => result === leaf.fingerprint)).toBe(leaf.fingerprint);
    expect((await fetch(`${url}/`, { redirect: 'manual' })).status).toBe(308);
    child.kill('SIGTERM');
    expect((await ended).status).toBe(0);
  });
});
