import { visible } from '../common/visible-text.js';

/** What every line of the log has. */
export interface LogLine extends Readonly<Record<string, unknown>> {
  readonly time: string;
  readonly level: string;
  readonly message: string;
}

/** The members that a line shows in its own way. */
const SHOWN = new Set(['time', 'level', 'message', 'module', 'stack']);

/** A line of the log for people: time, level, words, and the facts that the words do not say. */
export function readableLine(line: LogLine): string {
  const { time, level, message, module } = line;
  const facts = Object.entries(line)
    .filter(([name]) => !SHOWN.has(name))
    .map(([name, value]) => ` ${name}=${String(value)}`);
  const whose = typeof module === 'string' ? `${module}: ` : '';
  return visible(`${time} ${level.toUpperCase().padEnd(5)} ${whose}${message}${facts.join('')}`);
}
