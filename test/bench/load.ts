import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from './processes.js';

/** What a client asks, over and over. */
export interface Load {
  /** Path and query. */
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Posted; where there are several, each request takes one by chance. */
  readonly bodies?: readonly string[];
  /** Values of the Range header; each request takes one by chance. */
  readonly ranges?: readonly string[];
}

export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly bytes: number;
}

/** An answer may take long where a large file shares the line with others. */
const TIMEOUT_SECONDS = 60;

const RESULT = /^result (\d+) (\d+) (\d+) (\d+)$/m;

/** Requests are put together before the clock runs, so that the client's own work is alike for every server. */
const SCRIPT = `
local made = {}
local function read(name)
  local lines = {}
  for line in io.lines(name) do lines[#lines + 1] = line end
  return lines
end
function init(args)
  math.randomseed(1)
  for _, line in ipairs(read(args[1])) do
    local name, value = line:match('^([^:]+): (.*)$')
    wrk.headers[name] = value
  end
  for _, body in ipairs(read(args[2])) do made[#made + 1] = wrk.format('POST', nil, nil, body) end
  for _, range in ipairs(read(args[3])) do
    wrk.headers['Range'] = range
    made[#made + 1] = wrk.format('GET')
  end
  if #made == 0 then made[1] = wrk.format('GET') end
end
function request() return made[math.random(#made)] end
function done(summary)
  local e = summary.errors
  io.write(string.format('result %d %d %d %d\\n', summary.requests, summary.duration, summary.bytes,
    e.connect + e.read + e.write + e.status + e.timeout))
end
`;

/** A client with one thread, on wrk. */
export class LoadGenerator {
  constructor(private readonly directory: string) {}

  /** @throws Error where any request failed: a fast refusal must not count as speed */
  async run(origin: string, load: Load): Promise<LoadResult> {
    const headers = Object.entries(load.headers ?? {}).map(([name, value]) => `${name}: ${value}`);
    const files = [
      this.write('headers', headers),
      this.write('bodies', load.bodies ?? []),
      this.write('ranges', load.ranges ?? []),
    ];
    const script = this.write('script.lua', [SCRIPT]);
    const pace = ['-t', '1', '-c', String(load.connections), '-d', `${load.seconds}s`];
    const rest = ['--timeout', `${TIMEOUT_SECONDS}s`, '-s', script, origin + load.path, '--', ...files];
    const { stdout } = await runToEnd('wrk', [...pace, ...rest]);
    const [, requests, microseconds, bytes, errors] = RESULT.exec(stdout)?.map(Number) ?? [];
    if (!requests || !microseconds || bytes === undefined || errors !== 0)
      throw new Error(`requests to ${origin}${load.path} failed: ${stdout}`);
    const seconds = microseconds / 1e6;
    return { requestsPerSecond: requests / seconds, bytesPerSecond: bytes / seconds, bytes };
  }

  private write(name: string, lines: readonly string[]): string {
    const path = join(this.directory, name);
    writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
    return path;
  }
}
