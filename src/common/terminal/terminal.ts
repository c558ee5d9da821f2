import { isatty } from 'node:tty';
import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import {
  isPlain,
  visibleJson,
  visible as visibleLine,
  visibleLines as visibleText,
} from '../visible-text.js';
import { asCallerNames, callerTerminal } from './caller-terminal.js';
import { sizeText } from './size-text.js';

// Only this file writes to the terminal. Names, descriptions, messages and file names come from media, devices
// and other stores. So everything except our own colours is made visible here.

const STANDARD_INPUT = 0;

const visible = (text: string): string => visibleLine(asCallerNames(text));
const visibleLines = (text: string): string => visibleText(asCallerNames(text));

function namedInJson(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? asCallerNames(value) : value;
}

/** Results go to the standard output; everything else goes to the standard error. */
export function printLine(line = ''): void {
  process.stdout.write(`${visible(line)}\n`);
}

/** Prints a result of several lines, with its line ends unchanged. */
export function printText(text: string): void {
  process.stdout.write(text.endsWith('\n') ? visibleLines(text) : `${visibleLines(text)}\n`);
}

/** Prints a line with colours. @param parts - any strings, each with an optional colour */
export function printStyled(
  ...parts: readonly (readonly [text: string, style?: (text: string) => string])[]
): void {
  process.stdout.write(`${parts.map(([text, style]) => (style ?? String)(visible(text))).join('')}\n`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${visibleJson(JSON.stringify(value, namedInJson, 2))}\n`);
}

/** Prints one line of a log, which is JSON. @param line - with its line end */
export function printLogLine(line: string): void {
  process.stdout.write(isPlain(line) ? line : visibleJson(line));
}

/**
 * Prints an object with one member, a list that comes in parts: as {@link printJson}, without holding it all in memory.
 *
 * @param name - of the member
 */
export async function printJsonList(name: string, parts: AsyncIterable<readonly unknown[]>): Promise<void> {
  let separator = '\n';
  process.stdout.write(`{\n  ${JSON.stringify(name)}: [`);
  for await (const part of parts)
    for (const item of part) {
      const text = JSON.stringify(item, null, 2).replaceAll('\n', '\n    ');
      process.stdout.write(visibleJson(`${separator}    ${text}`));
      separator = ',\n';
    }
  process.stdout.write(separator === '\n' ? ']\n}\n' : '\n  ]\n}\n');
}

/** Whether a person, and not a program, reads the standard output. */
export function isTerminal(): boolean {
  return callerTerminal()?.isOutputTerminal ?? isatty(process.stdout.fd);
}

/** A size in readable units for a person, and in bytes for a program. */
export function shownSize(bytes: number): string {
  return isTerminal() ? sizeText(bytes) : String(bytes);
}

/** Whether a person can be asked. */
export function isInputTerminal(): boolean {
  return callerTerminal()?.isInputTerminal ?? isatty(STANDARD_INPUT);
}

/** Passes on a part of a result, with its line ends. */
export function writeResult(text: string): void {
  process.stdout.write(visibleLines(text));
}

/** Prints a message that is not a result. */
export function printNote(line: string): void {
  process.stderr.write(`${visible(line)}\n`);
}

/** Prints a question, or the line end after one. Line ends stay. */
export function writePrompt(text: string): void {
  process.stderr.write(visibleLines(text));
}

/** Passes on what readline draws while a line is typed, with its escape sequences. */
export function writeEditing(chunk: Buffer): void {
  process.stderr.write(chunk);
}

/** Prints why the program ends, in one line. */
export function printError(error: unknown): void {
  printNote(`error: ${error instanceof Error ? error.message : String(error)}`);
}

/** Prints the stack trace of an error. */
export function printStack(stack: string): void {
  process.stderr.write(`${visibleLines(stack)}\n`);
}

/** A progress bar on the standard error, removed when it is done. */
export interface Bar {
  /** @param label - shown before the bar */
  start(label: string, total: number, at: number, values: Readonly<Record<string, string | number>>): void;
  update(at: number, values: Readonly<Record<string, string | number>>): void;
  stop(): void;
}

/**
 * Makes a bar for a person.
 *
 * @param format - of cli-progress, with `{label}` and the names of values
 * @returns undefined if the standard error is not a terminal
 */
export function progressBar(format: string): Bar | undefined {
  if (!process.stderr.isTTY) return undefined;
  const bar = new SingleBar({ format, stream: process.stderr, clearOnComplete: true, hideCursor: true });
  return {
    start: (label, total, at, values) => bar.start(total, at, { ...values, label: visible(label) }),
    update: (at, values) => bar.update(at, values),
    stop: () => bar.stop(),
  };
}

const PLAIN = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '    ',
} as const;

/** Prints columns without lines, as `snap list` does, so that scripts can split them at spaces. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  // Before the widths are counted. A cell stays in its row.
  printTableLines(tableLines(head, rows.map(visibleRow)), rows.length);
}

/**
 * As {@link printTable}, for rows that come in parts. They are read twice, first for the widths of the columns.
 *
 * @param parts - reads the rows
 */
export async function printLongTable(
  head: readonly string[],
  parts: () => AsyncIterable<readonly (readonly string[])[]>,
): Promise<void> {
  let widest = [...head];
  for await (const part of parts())
    for (const row of part.map(visibleRow))
      widest = widest.map((cell, column) => longer(cell, row[column] ?? ''));
  let count = 0;
  printTableLines(tableLines(head, [widest]).slice(0, 1), 1);
  for await (const part of parts()) {
    count += part.length;
    // The widest cells come first, so that all parts have the same columns.
    printTableLines(tableLines(head, [widest, ...part.map(visibleRow)]).slice(2), 1);
  }
  printTableLines([], count);
}

function visibleRow(row: readonly string[]): string[] {
  return row.map(visible);
}

function longer(one: string, other: string): string {
  return other.length > one.length ? other : one;
}

function tableLines(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const table = new Table({
    head: [...head],
    chars: PLAIN,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) table.push([...row]);
  return table.toString().split('\n');
}

function printTableLines(lines: readonly string[], rows: number): void {
  for (const line of lines) printLine(line.trimEnd());
  // For people: a header alone looks like an error.
  if (rows === 0 && isTerminal()) printNote('(nothing to list)');
}
