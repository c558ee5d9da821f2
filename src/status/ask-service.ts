import { get as getHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { get as getHttps } from 'node:https';

/** A server on this machine that takes longer than this is of no use to devices either. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Every answer of ours has it. */
const OUR_HEADER = 'snap-store-version';

const EVERYWHERE: Readonly<Record<string, string>> = { '::': '127.0.0.1', '0.0.0.0': '127.0.0.1' };

/** Where a server of this machine can be asked, from the address that it listens on. */
export function localUrl(scheme: 'http' | 'https', address: string, port: number): URL {
  const host = EVERYWHERE[address] ?? (address.includes(':') ? `[${address}]` : address);
  return new URL(`${scheme}://${host}:${port}/_status/check`);
}

/**
 * Asks a server of ours on this machine whether it can serve devices.
 *
 * @returns undefined where it can, else why not
 */
export async function askService(url: URL): Promise<string | undefined> {
  const where = `${url.hostname} port ${url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : url.port}`;
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

async function answerOf(url: URL): Promise<IncomingMessage> {
  const get = url.protocol === 'https:' ? getHttps : getHttp;
  // Who it is was asked by its address; its certificate is for the name that devices use.
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
