import Table from 'cli-table3';
import type { Reporter, TestModule } from 'vitest/node';
import { BARS } from './bars.js';
import type { Price } from './price.js';
import type { Round } from './round.js';

interface Label {
  readonly name: string;
  readonly finding: string;
}

interface PricedLine extends Label {
  readonly mayBeLong: boolean;
  readonly price: Price;
}

interface RoundLine extends Label {
  readonly round: Round;
}

declare module 'vitest' {
  interface TaskMeta {
    price?: PricedLine;
    round?: RoundLine;
  }
}

/** A figure; one above its limit is marked. */
function figure(value: number, bar = Number.POSITIVE_INFINITY, digits = 0): string {
  return `${value.toFixed(digits)}${value > bar ? ' !' : ''}`;
}

function counts(outcomes: Readonly<Record<string, number>>): string {
  const words = Object.entries(outcomes).map(([outcome, count]) => `${outcome}: ${count}`);
  return words.join(', ') || '-';
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = new Table({
    head: [...head],
    style: { head: [], border: [], compact: true },
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      right: '',
      middle: '  ',
    },
  });
  for (const row of rows) lines.push([...row]);
  return lines.toString();
}

/** Prints the measurements: each kind of request and each attack in one line. */
export class HostileTableReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const metas = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.meta()));
    const prices = metas.flatMap(({ price }) => (price ? [priceRow(price)] : []));
    const rounds = metas.flatMap(({ round }) => (round ? [roundRow(round)] : []));
    if (prices.length > 0) print(table(PRICE_HEAD, prices));
    if (rounds.length > 0) print(table(ROUND_HEAD, rounds));
    print(
      `limits: one request ${BARS.requestCpuMs} ms of CPU, an answer ${BARS.answerBytes >> 20} MiB; ordinary devices p99 ${BARS.normalP99Ms} ms and no failure, server ${BARS.peakRssMb} MB, event loop ${BARS.loopBlockMs} ms; ! is above`,
    );
  }
}

function print(text: string): void {
  process.stdout.write(`\n${text}\n`);
}

const PRICE_HEAD = [
  'one request',
  'finding',
  'CPU ms Node',
  'CPU ms PG',
  'together',
  'the first',
  'answer KB',
  'statuses',
];

function priceRow({ name, finding, mayBeLong, price }: PricedLine): string[] {
  const { firstMs, nodeMs, databaseMs, answerBytes, statuses } = price;
  return [
    name,
    finding,
    figure(nodeMs, undefined, 1),
    figure(databaseMs, undefined, 1),
    figure(nodeMs + databaseMs, BARS.requestCpuMs, 1),
    figure(firstMs),
    figure(answerBytes / 1_024, mayBeLong ? undefined : BARS.answerBytes / 1_024),
    counts(statuses),
  ];
}

const ROUND_HEAD = [
  'attack',
  'finding',
  'sent',
  'outcomes',
  'p50 ms',
  'p99 ms',
  'max ms',
  'waited ms',
  'failed',
  'RSS MB',
  'loop ms',
  'CPU s Node',
  'CPU s PG',
  'PG MB',
  'DB +MB',
  'log KB',
];

function roundRow({ name, finding, round }: RoundLine): string[] {
  const { normal, operator, cpu } = round;
  const failed = counts(normal.failures);
  const operatorFailed = operator && ` (operator ${counts(operator.failures)} of ${operator.asked})`;
  return [
    name,
    finding,
    String(round.sent),
    counts(round.outcomes),
    figure(normal.p50Ms),
    figure(normal.p99Ms, BARS.normalP99Ms),
    figure(normal.maxMs),
    figure(normal.maxWaitedMs),
    `${failed === '-' ? '0' : failed} of ${normal.asked}${operatorFailed ?? ''}`,
    figure(round.peakRssMb, BARS.peakRssMb),
    figure(round.loopBlockMs, BARS.loopBlockMs),
    figure(cpu.node, undefined, 1),
    figure(cpu.database, undefined, 1),
    figure(round.databasePeakMb),
    figure(round.grownMb, undefined, 1),
    figure(round.logBytes / 1_024),
  ];
}
