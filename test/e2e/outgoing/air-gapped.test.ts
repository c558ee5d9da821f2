import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OutgoingHttpService } from '../../../src/outgoing/outgoing-http.service.js';
import { AIRGAP } from '../../../src/settings/mode.settings.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { freePort } from '../../support/ports.js';
import { collect, PROGRAM } from '../../support/program.js';
import { refusalOf } from '../../support/refusal.js';
import { bundleForNode } from '../../support/run-ts.js';
import { StoreApp } from '../../support/store-app.js';

let store: StoreApp;

beforeAll(async () => {
  store = await StoreApp.start();
  await store.app.get(SettingsService).record([[AIRGAP, 'true']]);
});
afterAll(() => store.stop());

/** Why a server cannot be watched here; undefined if it can. */
function whyNot(): string | undefined {
  const namespace = spawnSync('unshare', ['--net', 'ip', 'link', 'set', 'lo', 'up'], { encoding: 'utf8' });
  if (namespace.status !== 0)
    return `cannot make network namespaces: ${namespace.error?.message ?? namespace.stderr.trim()}`;
  const strace = spawnSync('strace', ['-qq', '-e', 'trace=connect', 'true'], { encoding: 'utf8' });
  return strace.status === 0
    ? undefined
    : `cannot use strace: ${strace.error?.message ?? strace.stderr.trim()}`;
}

const why = whyNot();

/** Addresses and ports to which a process sent anything over a network. */
function destinations(calls: string): Set<string> {
  const found = calls.matchAll(
    /sa_family=AF_INET6?, sin6?_port=htons\((\d+)\)(?:, sin6_flowinfo=\w+\(\w+\))?, (?:sin_addr=inet_addr\(|inet_pton\(AF_INET6, )"([^"]+)"/g,
  );
  return new Set([...found].map(([, port, address]) => `${address}:${port}`));
}

describe('in air-gapped mode', () => {
  it('nothing goes to another server', async () => {
    const outgoing = store.app.get(OutgoingHttpService);
    expect(await refusalOf(outgoing.open('fetch snaps'))).toContain('opens no connections');
    // Nor to an identity provider that nobody has named.
    expect(await refusalOf(outgoing.openIssuer())).toContain('this store has none');
  });

  it.skipIf(why !== undefined)(
    `a server connects to the identity provider of the settings alone, in a network of its own${why === undefined ? '' : ` (skipped: ${why})`}`,
    async () => {
      const child = await bundleForNode(join(import.meta.dirname, 'air-gapped-child.ts'));
      const calls = join(store.directory, 'calls.txt');
      const words = [child, PROGRAM, store.dataDir, String(await freePort()), calls];
      const enter = ['--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
      const outcome = await collect(
        spawn('unshare', [...enter, process.execPath, ...words], { stdio: ['ignore', 'pipe', 'pipe'] }),
      );
      expect(outcome, outcome.stderr).toMatchObject({ status: 0 });
      const { issuer, who } = JSON.parse(outcome.stdout) as { issuer: string; who: object };
      expect(who).toMatchObject({ name: 'kim', role: 'admin' });
      expect([...destinations(readFileSync(calls, 'utf8'))]).toEqual([new URL(issuer).host]);
    },
  );

  it('a command fetches nothing either', () => {
    const words = [PROGRAM, '--data', store.dataDir, 'fetch-snaps', 'jq'];
    expect(() => execFileSync(process.execPath, words, { stdio: 'pipe' })).toThrow(
      'the store is in air-gapped mode and opens no connections',
    );
  });
});
