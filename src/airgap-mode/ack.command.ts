import { Command, CommandRunner } from 'nest-commander';
import type { Assertion } from '../assertions/format/assertion.js';
import { AckService } from './ack.service.js';
import { printAcknowledged } from './print-acknowledged.js';

@Command({
  name: 'ack',
  arguments: '<files...>',
  description: 'verify assertions and add them to the store',
  argsDescription: { files: 'assertion streams, in any order within a file' },
})
export class AckCommand extends CommandRunner {
  constructor(private readonly acks: AckService) {
    super();
  }

  async run(files: string[]): Promise<void> {
    for (const file of files) printAcknowledged(await this.acks.ack(file));
  }
}

@Command({
  name: 'push-account-keys',
  arguments: '<files...>',
  description: 'verify account-keys and add them to the store',
  argsDescription: { files: 'assertion streams of account-keys and their accounts' },
})
export class PushAccountKeysCommand extends CommandRunner {
  constructor(private readonly acks: AckService) {
    super();
  }

  async run(files: string[]): Promise<void> {
    const isKey = ({ type }: Assertion) => type.name === 'account-key' || type.name === 'account';
    for (const file of files)
      printAcknowledged(await this.acks.ack(file, { accepts: isKey, kinds: 'account-keys and accounts' }));
  }
}
