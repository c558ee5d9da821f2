import type { PricedRequest } from './prices.js';
import { RawConnection } from './raw-connection.js';
import { isShort } from './rounds.js';
import type { CpuSeconds, ServerUnderAttack } from './server-under-attack.js';

/** The kernel counts CPU in hundredths of a second. A price needs at least this much. */
const ENOUGH_MS = isShort ? 200 : 500;
/** A request that costs this much is not repeated. */
const ENDLESS_MS = 5_000;
const MIN_REPETITIONS = 3;
const MAX_REPETITIONS = isShort ? 30 : 100;
const CLIENT_ADDRESSES = 200;

/** The cost of one request of a kind. */
export interface Price {
  readonly repetitions: number;
  /** The first request, which includes one-time work: filling memories, and compiling code. */
  readonly firstMs: number;
  readonly nodeMs: number;
  readonly databaseMs: number;
  /** Of the longest answer. */
  readonly answerBytes: number;
  readonly statuses: Readonly<Record<string, number>>;
}

/** Sends requests one after another, each from another address, until they have cost enough to be counted. */
export async function priceOf(server: ServerUnderAttack, priced: PricedRequest): Promise<Price> {
  const statuses: Record<string, number> = {};
  let answerBytes = 0;
  const askOnce = async (serial: number) => {
    const connection = await RawConnection.open(server.target, `127.0.1.${1 + (serial % CLIENT_ADDRESSES)}`);
    const ask = async (bytes: Buffer) => {
      const answer = await connection?.ask(bytes);
      const status = String(answer?.status ?? 'closed');
      statuses[status] = (statuses[status] ?? 0) + 1;
      answerBytes = Math.max(answerBytes, answer?.bodyBytes ?? 0);
      return answer;
    };
    if (priced.request) await ask(priced.request(server.target, serial));
    else await priced.conversation?.(ask, server.target, serial);
    connection?.end();
  };
  const start = await server.settled();
  await askOnce(0);
  let before = await server.settled();
  const firstMs = millisecondsBetween(start, before);
  let repetitions = 1;
  if (firstMs.both > ENDLESS_MS) before = start;
  else {
    const isEnough = () =>
      repetitions >= MIN_REPETITIONS && millisecondsBetween(before, server.cpuSeconds()).both >= ENOUGH_MS;
    for (repetitions = 0; repetitions < MAX_REPETITIONS && !isEnough();) await askOnce((repetitions += 1));
  }
  // An answer may come before all the work is done.
  const used = millisecondsBetween(before, await server.settled());
  return {
    repetitions,
    firstMs: firstMs.both,
    nodeMs: used.node / repetitions,
    databaseMs: used.database / repetitions,
    answerBytes,
    statuses,
  };
}

function millisecondsBetween(from: CpuSeconds, to: CpuSeconds) {
  const node = (to.node - from.node) * 1_000;
  const database = (to.database - from.database) * 1_000;
  return { node, database, both: node + database };
}
