import type { LoggerService } from '@nestjs/common';
import { pino, stdTimeFunctions, type Logger } from 'pino';
import { LogEntry, type LogFields } from '../common/log-entry.js';
import { isTerminal, printLine, printLogLine, printStack } from '../common/terminal/terminal.js';
import type { LogLevel } from '../settings/log.settings.js';
import { readableLine, type LogLine } from './readable-line.js';

/**
 * The log of a server: a JSON object on each line of the standard output, or readable lines if that is a terminal.
 * What Nest calls `log` is about its own start, which only `debug` shows.
 */
export class ServerLogger implements LoggerService {
  private readonly pino: Logger;

  constructor() {
    const forPeople = isTerminal();
    this.pino = pino(
      {
        level: 'info',
        base: null,
        messageKey: 'message',
        timestamp: stdTimeFunctions.isoTime,
        formatters: { level: (level) => ({ level }) },
      },
      { write: forPeople ? writeReadable : printLogLine },
    );
  }

  set level(level: LogLevel) {
    this.pino.level = level;
  }

  /** Whether lines of a level are written. */
  writes(level: LogLevel): boolean {
    return this.pino.isLevelEnabled(level);
  }

  /** Says something that whoever started the server waits for, at every level. */
  announce(text: string): void {
    if (isTerminal()) printLine(text);
    else this.pino.child({}, { level: 'info' }).info(text);
  }

  info(text: string, fields: LogFields): void {
    this.pino.info(fields, text);
  }

  log(message: unknown, ...more: unknown[]): void {
    this.write('debug', message, more);
  }

  debug(message: unknown, ...more: unknown[]): void {
    this.write('debug', message, more);
  }

  warn(message: unknown, ...more: unknown[]): void {
    this.write('warn', message, more);
  }

  error(message: unknown, ...more: unknown[]): void {
    this.write('error', message, more);
  }

  fatal(message: unknown, ...more: unknown[]): void {
    this.write('fatal', message, more);
  }

  /** @param more - as Nest passes them on: for an error perhaps its stack, and at the end who writes */
  private write(level: LogLevel, message: unknown, more: readonly unknown[]): void {
    if (!this.writes(level)) return;
    const texts = more.filter((each) => typeof each === 'string');
    const module = texts.at(-1);
    const stack = texts.length > 1 ? texts[0] : undefined;
    const fields = message instanceof LogEntry ? message.fields : {};
    this.pino[level]({ module, ...fields, ...(stack !== undefined && { stack }) }, textOf(message));
  }
}

function textOf(message: unknown): string {
  return message instanceof Error ? message.message : String(message);
}

function writeReadable(json: string): void {
  const line = JSON.parse(json) as LogLine;
  printLine(readableLine(line));
  if (typeof line['stack'] === 'string') printStack(line['stack']);
}
