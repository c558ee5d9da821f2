import { get as getHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { get as getHttps } from 'node:https';
import { BlockList, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** If a server on this machine takes longer than this to answer, it is too slow for devices too. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Every answer of this program has this header. */
const OUR_HEADER = 'snap-store-version';

const EVERYWHERE = new Set(['::', '0.0.0.0']);
const LOOPBACK = '127.0.0.1';

/** The address of one of this program's own servers. */
export interface OwnServer {
  readonly scheme: 'http' | 'https';
  /** An IP address, not in brackets. */
  readonly address: string;
  readonly port: number;
}

/**
 * Asks one of this program's own servers on this machine whether it can serve devices. No request leaves the
 * machine, whatever address the settings name.
 *
 * @returns undefined if it can, else the reason
 */
export async function askService({ scheme, address, port }: OwnServer): Promise<string | undefined> {
  const host = EVERYWHERE.has(address) ? LOOPBACK : address;
  if (!isOwn(host)) return `this machine has no address ${host}`;
  const where = `${host} port ${port}`;
  const url = new URL(`${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}/_status/check`);
  try {
    const { statusCode = 0, headers } = await answerOf(url);
    if (headers[OUR_HEADER] === undefined) return `another program answers at ${where}`;
    return statusCode < 400 ? undefined : `it answers ${statusCode} at ${where}`;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ECONNREFUSED') return `nothing listens at ${where}`;
    return `it does not answer at ${where} (${code ?? message})`;
  }
}

/** Whether an address is loopback or belongs to a network interface. */
function isOwn(address: string): boolean {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  const mine = new BlockList();
  mine.addSubnet('127.0.0.0', 8, 'ipv4');
  mine.addAddress('::1', 'ipv6');
  for (const each of Object.values(networkInterfaces()).flatMap((list) => list ?? []))
    mine.addAddress(each.address, each.family === 'IPv6' ? 'ipv6' : 'ipv4');
  return mine.check(address, family);
}

async function answerOf(url: URL): Promise<IncomingMessage> {
  const get = url.protocol === 'https:' ? getHttps : getHttp;
  // The server is contacted by its address; its certificate is for the name that devices use.
  const options: RequestOptions & { rejectUnauthorized: boolean } = {
    agent: false,
    rejectUnauthorized: false,
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  };
  return await new Promise((settle, fail) => {
    const request = get(url, options, (answer) => {
      answer.resume();
      settle(answer);
    });
    request.once('error', fail);
  });
}
