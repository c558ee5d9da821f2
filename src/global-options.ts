import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Command } from 'commander';
import { InjectCommander } from 'nest-commander';

/** What every command takes. `--data` is read before the commands are (`data-option.ts`); here it gets its line in the help. */
@Injectable()
export class GlobalOptions implements OnModuleInit {
  constructor(@InjectCommander() private readonly program: Command) {}

  onModuleInit(): void {
    this.program
      .description('An open snap store for networks without internet')
      .option('--data <directory>', 'data directory (or SNAP_STORE_PROXY_DATA)')
      .addHelpText('after', '\nsnap-store-proxy COMMAND --help says more about each command.');
  }
}
