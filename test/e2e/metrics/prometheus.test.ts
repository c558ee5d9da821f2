import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProgram } from '../../../src/common/files/find-program.js';
import { TokensService } from '../../../src/management/tokens.service.js';
import { poll } from '../../support/poll.js';
import { freePort } from '../../support/ports.js';
import { listen, send } from '../device-api/wire.js';
import { World } from '../device-api/world.js';

const MONITORING = resolve(import.meta.dirname, '../../../packaging/monitoring');
const RULES = join(MONITORING, 'alerts.yml');
const promtool = await findProgram('promtool');
const prometheus = await findProgram('prometheus');
const without = (program: string | undefined, name: string) =>
  program === undefined ? ` (skipped: ${name} is not installed)` : '';

/** The metrics that an expression names. */
function namesIn(text: string): string[] {
  return [...text.matchAll(/\b(?:snap_store|process)_[a-z_]+/g)].map(([name]) => name);
}

/** The names of a scrape, as Prometheus stores them. */
function namesOf(text: string): Set<string> {
  return new Set(
    text
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .map((line) => /^[a-z_]+/.exec(line)?.[0] ?? ''),
  );
}

let world: World;
let port: number;
let token: string;

beforeAll(async () => {
  world = await World.start();
  await world.push({ name: 'one', revision: 1 });
  port = await listen(world.store.app);
  token = (
    await world.store.app.get(TokensService).create({ name: 'prometheus', role: 'viewer', scopes: ['read'] })
  ).text;
  const install = { action: 'install', 'instance-key': 'i', name: 'one', channel: 'stable' };
  await world.refresh([install]);
});
afterAll(() => world.stop());

async function scrape(): Promise<string> {
  return (
    await send(port, { path: '/metrics', headers: { authorization: `Bearer ${token}` } })
  ).body.toString();
}

/** Metrics of what this store does not have. */
const ABSENT = new Set([
  'snap_store_certificate_expiry_timestamp_seconds',
  'snap_store_account_key_expiry_timestamp_seconds',
]);

it.each(['dashboard.json', 'alerts.yml'])('%s asks only for metrics that there are', async (file) => {
  const known = namesOf(await scrape());
  const asked = new Set(namesIn(readFileSync(join(MONITORING, file), 'utf8')));
  expect(asked.size).toBeGreaterThan(8);
  expect([...asked].filter((name) => !known.has(name) && !ABSENT.has(name))).toEqual([]);
});

it('the dashboard has panels with different ids, and each asks the chosen data source', () => {
  const { panels } = JSON.parse(readFileSync(join(MONITORING, 'dashboard.json'), 'utf8')) as {
    panels: { id: number; type: string; datasource?: { uid: string } }[];
  };
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  for (const { type, datasource } of panels)
    if (type !== 'row') expect(datasource?.uid).toBe('${datasource}');
});

describe.skipIf(promtool === undefined)(`promtool${without(promtool, 'promtool')}`, () => {
  const check = (...words: string[]) =>
    execFileSync(promtool ?? '', words, { cwd: import.meta.dirname, encoding: 'utf8', stdio: 'pipe' });

  it('finds no error in the alert rules', () => {
    expect(check('check', 'rules', RULES)).toContain('SUCCESS: 13 rules found');
  });

  it('fires each alert on its side of the limit', () => {
    expect(check('test', 'rules', 'alerts-test.yml')).toContain('SUCCESS');
  });
});

describe.skipIf(prometheus === undefined)(`Prometheus${without(prometheus, 'prometheus')}`, () => {
  let directory: string;
  let child: ChildProcess;
  let web: number;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'prometheus-'));
    web = await freePort();
    writeFileSync(join(directory, 'token'), token);
    const config = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [RULES],
      scrape_configs: [
        {
          job_name: 'snap-store',
          authorization: { credentials_file: join(directory, 'token') },
          static_configs: [{ targets: [`127.0.0.1:${port}`] }],
        },
      ],
    };
    // JSON is YAML.
    writeFileSync(join(directory, 'prometheus.yml'), JSON.stringify(config));
    child = spawn(
      prometheus ?? '',
      [
        `--config.file=${join(directory, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=127.0.0.1:${web}`,
      ],
      { stdio: 'ignore' },
    );
  });
  afterAll(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
    rmSync(directory, { recursive: true });
  });

  async function query(expression: string): Promise<string | undefined> {
    const path = `/api/v1/query?query=${encodeURIComponent(expression)}`;
    const reply = await send(web, { path }).catch(() => undefined);
    if (reply?.status !== 200) return undefined;
    const { data } = JSON.parse(reply.body.toString()) as { data: { result: { value: [number, string] }[] } };
    return data.result[0]?.value[1];
  }

  it('scrapes the store with a token, and keeps what it reads', async () => {
    expect(
      await poll(
        () => query('up{job="snap-store"}'),
        (value) => value === '1',
      ),
    ).toBe('1');
    expect(await query('snap_store_snaps')).toBe('1');
    expect(await query('snap_store_refresh_results_total{result="install"}')).toBe('1');
    expect(
      await query('sum(snap_store_http_request_duration_seconds_count{route="/v2/snaps/refresh"})'),
    ).toBe('1');
  });

  it('evaluates the alert rules', async () => {
    const look = async () => {
      const reply = await send(web, { path: '/api/v1/rules' });
      const { data } = JSON.parse(reply.body.toString()) as {
        data: { groups: { rules: { health: string; lastError?: string }[] }[] };
      };
      return data.groups.flatMap(({ rules }) => rules);
    };
    const rules = await poll(look, (all) => all.length > 0 && all.every(({ health }) => health === 'ok'));
    expect(rules.map(({ health, lastError }) => lastError ?? health)).toEqual(
      Array.from({ length: 13 }, () => 'ok'),
    );
  });
});
