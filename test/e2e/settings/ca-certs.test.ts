import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OutgoingHttpService } from '../../../src/outgoing/outgoing-http.service.js';
import { RetryService } from '../../../src/outgoing/retry.service.js';
import { CA_CERTS, MAX_CA_CERTS_BYTES } from '../../../src/settings/ca-certs.settings.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { LOOPBACK, TestCertificate } from '../../support/certificates.js';
import { Cli } from '../../support/cli.js';
import { portOf } from '../../support/ports.js';
import { type Outcome } from '../../support/program.js';
import { StoreApp } from '../../support/store-app.js';

let store: StoreApp;
let root: TestCertificate;
let intermediate: TestCertificate;
let other: TestCertificate;
let upstream: Server;
let url: URL;

beforeAll(async () => {
  store = await StoreApp.start();
  root = await TestCertificate.authority();
  intermediate = await root.issue({ name: 'Test Intermediate', isCa: true });
  other = await TestCertificate.authority('Other Root');
  const leaf = await intermediate.issue({ name: 'upstream', names: LOOPBACK });
  upstream = createServer({ cert: leaf.pem + intermediate.pem, key: leaf.keyPem }, (_request, reply) =>
    reply.end('from upstream'),
  );
  await new Promise<void>((settle) => upstream.listen(0, '127.0.0.1', settle));
  url = new URL(`https://127.0.0.1:${portOf(upstream)}/`);
});
afterAll(async () => {
  upstream.close();
  upstream.closeAllConnections();
  await store.stop();
});

/** Runs a command, then waits until this process has noticed its changes. */
const cli = new Cli(() => store.dataDir);

async function command(words: readonly string[], input?: string | Buffer): Promise<Outcome> {
  const outcome = input === undefined ? await cli.run(...words) : await cli.runWith({ input }, ...words);
  await store.heard();
  return outcome;
}

async function kept(): Promise<string[]> {
  return await store.app.get(SettingsService).get(CA_CERTS);
}

/** The upstream's response, or the error of the request. */
async function ask(): Promise<string> {
  const settings = store.app.get(SettingsService);
  settings.define(CA_CERTS);
  const connection = await new OutgoingHttpService(settings, new RetryService()).open('ask');
  try {
    return (await connection.request({ method: 'GET', url })).body.toString();
  } catch (error) {
    return (error as Error).message;
  } finally {
    await connection.close();
  }
}

describe('use-ca-certs', () => {
  it('makes outgoing TLS trust only certificates below the given authority', async () => {
    const untrusted = `cannot reach ${url.origin}: its certificate is not trusted`;
    expect(await ask()).toContain(untrusted);
    const given = await command(['use-ca-certs'], `Test Root\n=========\n${root.pem}`);
    expect(given).toEqual({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(
        /^Test Root: trusted until \S+Z\nOutgoing connections trust only these certificates\.\n$/,
      ) as string,
    });
    expect(await ask()).toBe('from upstream');
    expect((await command(['use-ca-certs'], other.pem)).status).toBe(0);
    expect(await ask()).toContain(untrusted);
    expect(await kept()).toEqual([other.pem.replaceAll('\r', '')]);
    expect((await command(['use-ca-certs'], other.pem + intermediate.pem + root.pem + root.pem)).status).toBe(
      0,
    );
    expect(await ask()).toBe('from upstream');
    expect(await kept()).toHaveLength(3);
    expect((await command(['config'])).stdout).toContain('proxy.ca-certs: 3 certificates\n');
    expect(await command(['remove-ca-certs'])).toMatchObject({ status: 0, stderr: '' });
    expect(await ask()).toContain(untrusted);
    expect(await kept()).toEqual([]);
  });

  it('trusts a self-signed server', async () => {
    const self = await TestCertificate.selfSigned({ name: 'upstream', names: LOOPBACK });
    upstream.setSecureContext({ cert: self.pem, key: self.keyPem });
    expect(await ask()).toContain('its certificate is not trusted');
    expect((await command(['use-ca-certs'], self.pem)).status).toBe(0);
    expect(await ask()).toBe('from upstream');
  });

  it('reports invalid certificates, and accepts the others', async () => {
    const old = await TestCertificate.selfSigned({
      name: 'Old Root',
      isCa: true,
      notBefore: new Date('2020-01-01'),
      notAfter: new Date('2021-01-01'),
    });
    expect(await command(['use-ca-certs'], old.pem)).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^error: cannot use CA certificates: none of them is valid: Old Root expired at 2021-01-01T00:00:00Z \(this machine's clock says \S+\)\n$/,
      ) as string,
    });
    expect(await command(['use-ca-certs'], old.pem + root.pem)).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('Old Root expired at 2021-01-01T00:00:00Z') as string,
      stdout: expect.stringContaining('Test Root: trusted until') as string,
    });
  });

  it.each([
    ['nothing', () => '', 'there is no PEM in it (openssl makes PEM of other forms: DER, PKCS#12)'],
    ['other bytes', () => readFileSync(process.execPath).subarray(0, 1_000), 'there is no PEM in it'],
    ['half a certificate', () => root.pem.slice(0, -40), 'a CERTIFICATE in it has no end'],
    ['the other half', () => root.pem.slice(40), 'the end of a CERTIFICATE in it has no beginning'],
    ['two beginnings', () => `-----BEGIN CERTIFICATE-----\n${root.pem}`, 'a CERTIFICATE in it has no end'],
    ['a changed byte', () => root.pem.replace('MII', 'MIX'), 'certificate 1 in it cannot be read'],
    ['a key', () => root.pem + root.keyPem, 'there is a PRIVATE KEY in it'],
    [
      'an intermediate without its root',
      () => other.pem + intermediate.pem,
      'certificate 2 in it (Test Intermediate) is not self-signed, and its issuer is not among them: add the issuer',
    ],
    [
      "a server's certificate",
      async () => (await root.issue({ name: 'server', names: LOOPBACK })).pem + root.pem,
      'certificate 1 in it (server) is not a CA certificate: give the certificate of its issuer instead',
    ],
    [
      'one byte too many',
      () => root.pem.padEnd(MAX_CA_CERTS_BYTES + 1),
      `the input is longer than ${MAX_CA_CERTS_BYTES} bytes`,
    ],
  ])('refuses %s and changes nothing', async (_name, input, message) => {
    const before = await kept();
    const { status, stdout, stderr } = await command(['use-ca-certs'], await input());
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^error: cannot use CA certificates: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect(await kept()).toEqual(before);
  });

  it('accepts an input up to the limit', async () => {
    expect((await command(['use-ca-certs'], root.pem.padEnd(MAX_CA_CERTS_BYTES))).status).toBe(0);
    expect(await kept()).toHaveLength(1);
  });
});

it('config refuses what use-ca-certs refuses', async () => {
  const { status, stderr } = await command(['config', `proxy.ca-certs=${intermediate.pem}`]);
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr:
      'error: cannot set proxy.ca-certs: certificate 1 in it (Test Intermediate) is not self-signed, and its issuer is not among them: add the issuer\n',
  });
});
