import { Command } from 'nest-commander';
import { AtTheMachine } from '../common/command-line/over-the-network.js';
import { InstallPackageService } from './package/install-package.service.js';
import { RegistrationExportService } from './registration-export.service.js';
import { RegistrationCommand, type RegistrationWords } from './registration-options.js';
import { RegistrationService } from './registration.service.js';

@Command({
  name: 'reregister',
  description: 'register this store again, with the same store-id, after its domain or port has changed',
})
@AtTheMachine('it asks the account of the upstream store there, and writes files')
export class ReregisterCommand extends RegistrationCommand {
  constructor(
    registrations: RegistrationService,
    exports: RegistrationExportService,
    packages: InstallPackageService,
  ) {
    super({ registrations, exports, packages });
  }

  async run(_arguments: string[], words: RegistrationWords = {}): Promise<void> {
    await this.register(true, words);
  }
}
