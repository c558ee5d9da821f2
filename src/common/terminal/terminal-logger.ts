import { ConsoleLogger } from '@nestjs/common';
import { LogEntry } from '../log-entry.js';
import { visible, visibleLines } from '../visible-text.js';

/** Warnings and errors, one line each. Control characters from devices and media are made visible. */
export class TerminalLogger extends ConsoleLogger {
  constructor() {
    super({ logLevels: ['warn', 'error', 'fatal'] });
  }

  protected override printMessages(...[messages, ...rest]: Parameters<ConsoleLogger['printMessages']>): void {
    super.printMessages(
      messages.map((message) =>
        typeof message === 'string' || message instanceof LogEntry ? visible(String(message)) : message,
      ),
      ...rest,
    );
  }

  protected override printStackTrace(stack: string): void {
    super.printStackTrace(stack && visibleLines(stack));
  }
}
