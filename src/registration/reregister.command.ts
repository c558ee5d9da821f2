import { Command } from 'nest-commander';
import { InstallPackageService } from './package/install-package.service.js';
import { RegistrationExportService } from './registration-export.service.js';
import { RegistrationCommand, type RegistrationWords } from './registration-options.js';
import { RegistrationService } from './registration.service.js';

@Command({
  name: 'reregister',
  description: 'register this store again, with the same store-id, after its domain or port has changed',
})
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
