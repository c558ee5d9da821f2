import { Command, Option } from 'nest-commander';
import { AtTheMachine } from '../../common/command-line/over-the-network.js';
import { JsonCommand, type JsonOption } from '../../common/terminal/json-command.js';
import { printJson, printLine } from '../../common/terminal/terminal.js';
import { PackageCheckService, type CheckedPackage } from './package-check.service.js';

interface CheckPackageOptions extends JsonOption {
  readonly allowUnsigned?: boolean;
}

@Command({
  name: 'check-package',
  arguments: '<package>',
  description: 'check the members and the signature of an install package before an upgrade',
  argsDescription: { package: 'offline-snap-store.tar.gz, or the folder with its unpacked files' },
})
@AtTheMachine('it reads an install package there')
export class CheckPackageCommand extends JsonCommand {
  constructor(private readonly packages: PackageCheckService) {
    super();
  }

  async run([path = '']: string[], options: CheckPackageOptions = {}): Promise<void> {
    const checked = await this.packages.check(path, options.allowUnsigned === true);
    if (options.json) printJson(view(checked));
    else for (const line of lines(checked)) printLine(line);
  }

  @Option({
    flags: '--allow-unsigned',
    description: 'accept a package that no key in proxy.bundle.trusted-keys has signed',
  })
  parseAllowUnsigned(): boolean {
    return true;
  }
}

function lines({ files, sha256, signedBy }: CheckedPackage): string[] {
  return [
    ...(sha256 === undefined ? [] : [`SHA-256: ${sha256}`]),
    `Members: ${files}, all as in the list`,
    signedBy === undefined
      ? 'Signature: not checked (proxy.bundle.trusted-keys is empty, or --allow-unsigned was given)'
      : `Signature: by the trusted key ${signedBy}`,
  ];
}

function view({ files, sha256, signedBy }: CheckedPackage): object {
  return { files, ...(sha256 !== undefined && { sha256 }), 'signed-by': signedBy ?? null };
}
