import { Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import type { Command } from 'commander';
import { InjectCommander } from 'nest-commander';
import { addForeignCommands } from './foreign-commands.js';
import { SettingsService } from './settings/settings.service.js';
import { UnitConfigService } from './settings/unit-config.service.js';
import { checkStoreExists } from './store-required.js';

/**
 * An extra argument is most likely a mistake, but commander ignores it. A command that only has subcommands
 * reports its own usage error.
 */
function refuseExcessArguments(command: Command): void {
  if (command.commands.length === 0) command.allowExcessArguments(false);
  for (const subcommand of command.commands) refuseExcessArguments(subcommand);
}

/**
 * The options of every command. They are read before the commands are (`takeGlobalOptions`); here they get their
 * lines in the help.
 */
@Injectable()
export class GlobalOptionsGate implements OnModuleInit, OnApplicationBootstrap {
  private isElsewhere = false;

  constructor(
    @InjectCommander() private readonly program: Command,
    private readonly unit: UnitConfigService,
    private readonly settings: SettingsService,
  ) {}

  /** Says that no store of this machine is meant. */
  leaveOutStore(): void {
    this.isElsewhere = true;
  }

  onModuleInit(): void {
    this.program
      .description('An open snap store for networks without internet')
      .option('--data <directory>', 'data directory (or SNAP_STORE_PROXY_DATA)')
      .option('--url <url>', 'run the command on the store at this URL (or SNAP_STORE_PROXY_URL)')
      .option('--token-file <file>', 'with --url: file with a token for it (or SNAP_STORE_PROXY_TOKEN)')
      .option('--ca-file <file>', 'with --url: trust the authorities in this file too (PEM)')
      .option('--allow-plain-http', 'with --url: send the token over plain http')
      .addHelpText('after', '\nRun snap-store-proxy COMMAND --help for more about a command.');
  }

  /** By now all commands are defined. */
  onApplicationBootstrap(): void {
    refuseExcessArguments(this.program);
    addForeignCommands(this.program);
    const isOfUnit = (key: string) =>
      this.settings.definitions().some((setting) => setting.key === key && setting.scope === 'unit');
    this.program.hook('preAction', (_program, command) => {
      if (!this.isElsewhere) checkStoreExists(command, this.unit, isOfUnit);
    });
  }
}
