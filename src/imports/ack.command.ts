import { Command } from 'nest-commander';
import type { Assertion } from '../assertions/format/assertion.js';
import { withStandardInput } from '../bundles/reading/standard-input-file.js';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { AckService, type AckFilter } from './ack.service.js';
import { printAckResult } from './print-acknowledged.js';

interface AckOptions extends JsonOption {}

const FILES =
  'assertion streams, or folders of them, in any order; they may depend on each other; - for the standard input';

const KEYS: AckFilter = {
  accepts: ({ type }: Assertion) => type.name === 'account-key' || type.name === 'account',
  kinds: 'account-keys and accounts',
};

async function ackFiles(
  acks: AckService,
  files: readonly string[],
  { json }: AckOptions,
  filter?: AckFilter,
): Promise<void> {
  const result = await withStandardInput(files, 'add', async (given) => await acks.ackAll(given, filter));
  printAckResult(result, json === true);
}

@Command({
  name: 'ack',
  arguments: '<files...>',
  description: 'verify assertions and add them to the store',
  argsDescription: { files: FILES },
})
@OverTheNetwork({ role: 'operator', scope: 'import', files: ['<files>'] })
export class AckCommand extends JsonCommand {
  constructor(private readonly acks: AckService) {
    super();
  }

  async run(files: string[], options: AckOptions = {}): Promise<void> {
    await ackFiles(this.acks, files, options);
  }
}

@Command({
  name: 'push-account-keys',
  arguments: '<files...>',
  description: 'verify account-keys and add them to the store',
  argsDescription: { files: `${FILES}; only account-keys and their accounts` },
})
@OverTheNetwork({ role: 'operator', scope: 'import', files: ['<files>'] })
export class PushAccountKeysCommand extends JsonCommand {
  constructor(private readonly acks: AckService) {
    super();
  }

  async run(files: string[], options: AckOptions = {}): Promise<void> {
    await ackFiles(this.acks, files, options, KEYS);
  }
}
