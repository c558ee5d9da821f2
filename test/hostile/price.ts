import { RawConnection } from './raw-connection.js';
import type { PricedRequest } from './prices.js';
import { isShort } from './rounds.js';
import type { ServerUnderAttack } from './server-under-attack.js';

/** The kernel counts CPU in hundredths of a second: so much is wanted of it for a price. */
const ENOUGH_CPU_SECONDS = isShort ? 0.2 : 0.5;
const MAX_REPETITIONS = isShort ? 30 : 100;
const CLIENT_ADDRESSES = 200;

/** What one request of a kind costs. */
export interface Price {
  readonly repetitions: number;
  readonly nodeMs: number;
  readonly databaseMs: number;
  /** Of the longest answer. */
  readonly answerBytes: number;
  readonly statuses: Readonly<Record<string, number>>;
}

/**
 * Asks one request after another, each from another address, until they have cost enough to be counted. The
 * first is not counted, since it does what is done once, unless it costs enough alone.
 */
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
  let before = await server.settled();
  const used = () => {
    const now = server.cpuSeconds();
    return { node: now.node - before.node, database: now.database - before.database };
  };
  const isEnough = () => used().node + used().database >= ENOUGH_CPU_SECONDS;
  await askOnce(0);
  let repetitions = 1;
  const first = await server.settled();
  if (!isEnough()) {
    before = first;
    for (repetitions = 0; repetitions < MAX_REPETITIONS && !isEnough();) await askOnce((repetitions += 1));
  }
  // An answer may come before all the work is done.
  const after = await server.settled();
  const node = after.node - before.node;
  const database = after.database - before.database;
  return {
    repetitions,
    nodeMs: (node * 1_000) / repetitions,
    databaseMs: (database * 1_000) / repetitions,
    answerBytes,
    statuses,
  };
}
