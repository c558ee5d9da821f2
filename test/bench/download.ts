import type { ChildProcess } from 'node:child_process';
import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { downloadPath } from '../../src/catalogue/snap-json.view.js';
import { freePort } from '../support/ports.js';
import { cpuSeconds, startProcess, stopProcess, untilAnswers } from './processes.js';
import { progress } from './report.js';
import { DEVICE_HEADERS } from './snapd-request.js';
import { missingTool } from './tools.js';
import type { World } from './world.js';

const CONNECTIONS = 8;
const SECONDS = 3;
const RANGE_BYTES = 1 << 20;
const RANGES = 2_000;

interface Measurement {
  readonly bytesPerSecond: number;
  readonly cpuSecondsPerGb: number;
}

interface Target {
  readonly pid: number;
  readonly origin: string;
  readonly path: string;
}

/** One worker with sendfile, as Debian sets it up otherwise; connections are kept, as our server keeps them. */
function nginxConfig(prefix: string, port: number): string {
  return `
daemon off;
worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${prefix}/nginx.pid;
error_log ${prefix}/error.log;
events { worker_connections 768; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  default_type application/octet-stream;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${prefix}/${name};`).join('\n  ')}
  server { listen 127.0.0.1:${port}; root ${prefix}/files; }
}
`;
}

async function startNginx({
  directory,
  store,
  large,
}: World): Promise<{ child: ChildProcess; target: Target }> {
  const prefix = join(directory, 'nginx');
  mkdirSync(join(prefix, 'files'), { recursive: true });
  linkSync(store.blobPath(large.digest), join(prefix, 'files/large.snap'));
  const port = await freePort();
  writeFileSync(join(prefix, 'nginx.conf'), nginxConfig(prefix, port));
  const child = startProcess('nginx', [
    '-p',
    prefix,
    '-e',
    join(prefix, 'error.log'),
    '-c',
    join(prefix, 'nginx.conf'),
  ]);
  const origin = `http://127.0.0.1:${port}`;
  await untilAnswers(child, `${origin}/nothing`);
  return { child, target: { pid: child.pid ?? 0, origin, path: '/large.snap' } };
}

/** Byte ranges by chance, alike for both servers. */
function randomRanges(sizeBytes: number): string[] {
  return Array.from({ length: RANGES }, () => {
    const start = Math.floor(Math.random() * (sizeBytes - RANGE_BYTES));
    return `bytes=${start}-${start + RANGE_BYTES - 1}`;
  });
}

async function measure(
  world: World,
  { pid, origin, path }: Target,
  ranges: readonly string[],
): Promise<Measurement> {
  const before = cpuSeconds(pid);
  const result = await world.load.run(origin, {
    path,
    connections: CONNECTIONS,
    seconds: SECONDS,
    headers: DEVICE_HEADERS,
    ranges,
  });
  return {
    bytesPerSecond: result.bytesPerSecond,
    cpuSecondsPerGb: (cpuSeconds(pid) - before) / (result.bytes / 1e9),
  };
}

/** Whole downloads of 100 MB and random ranges of 1 MiB, against nginx with the same file. */
export async function benchDownload(world: World): Promise<void> {
  const { report, store, large } = world;
  const keys = ['download_vs_nginx', 'download_cpu_vs_nginx', 'range_vs_nginx', 'range_cpu_vs_nginx'];
  const missing = missingTool('nginx', 'nginx-light') ?? missingTool('wrk', 'wrk');
  if (missing !== undefined) return report.missing(keys, missing);
  const nginx = await startNginx(world);
  const ours: Target = {
    pid: store.server.pid,
    origin: store.url,
    path: downloadPath(large.snapId, large.revision),
  };
  for (const [name, ranges] of [
    ['download', []],
    ['range', randomRanges(large.sizeBytes)],
  ] as const) {
    const mine: Measurement[] = [];
    const theirs: Measurement[] = [];
    for (let pair = 1; pair <= report.pairs; pair += 1) {
      progress(`${name}, pair ${pair}`);
      mine.push(await measure(world, ours, ranges));
      theirs.push(await measure(world, nginx.target, ranges));
    }
    const compare = (key: string, field: keyof Measurement) =>
      report.ratio(
        key,
        mine.map((one) => one[field]),
        theirs.map((one) => one[field]),
      );
    compare(`${name}_vs_nginx`, 'bytesPerSecond');
    compare(`${name}_cpu_vs_nginx`, 'cpuSecondsPerGb');
  }
  await stopProcess(nginx.child);
}
