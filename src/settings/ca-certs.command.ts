import { Command, CommandRunner } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { shownDate, subjectName, validityProblem, validUntil } from '../common/crypto/certificates.js';
import { StoreError } from '../common/errors.js';
import { readStandardInput } from '../common/terminal/standard-input.js';
import { printLine, printNote } from '../common/terminal/terminal.js';
import { CA_CERTS, MAX_CA_CERTS_BYTES, readCaCertificates } from './ca-certs.settings.js';
import { SettingsService } from './settings.service.js';

function refuse(why: string, cause?: unknown): StoreError {
  return new StoreError('invalid-request', `cannot use CA certificates: ${why}`, { cause });
}

@Command({
  name: 'use-ca-certs',
  description: 'for outgoing TLS, trust only the CA certificates on the standard input (PEM)',
})
@OverTheNetwork({ role: 'admin', scope: 'setting', readsInput: () => true })
export class UseCaCertsCommand extends CommandRunner {
  constructor(private readonly settings: SettingsService) {
    super();
  }

  async run(): Promise<void> {
    const text = await readStandardInput({
      maxBytes: MAX_CA_CERTS_BYTES,
      what: 'the CA certificates in PEM',
      refuse,
    });
    const certificates = readCaCertificates(text, refuse);
    const now = new Date();
    const problems = certificates.map((certificate) => validityProblem(certificate, now));
    const [first] = certificates;
    if (first && problems.every((problem) => problem !== undefined))
      throw refuse(`none of them is valid: ${subjectName(first)} ${problems[0]}`);
    // Only the certificates themselves, without text around them and without duplicates.
    const unique = [...new Set(certificates.map((certificate) => certificate.toString()))];
    await this.settings.set([[CA_CERTS.key, unique.join('')]]);
    for (const [index, certificate] of certificates.entries()) {
      const problem = problems[index];
      if (problem === undefined)
        printLine(`${subjectName(certificate)}: trusted until ${shownDate(validUntil(certificate))}`);
      else printNote(`${subjectName(certificate)} ${problem}`);
    }
    printLine('Outgoing connections trust only these certificates.');
  }
}

@Command({
  name: 'remove-ca-certs',
  description: "for outgoing TLS, trust the system's CA certificates again",
})
@OverTheNetwork({ role: 'admin', scope: 'setting' })
export class RemoveCaCertsCommand extends CommandRunner {
  constructor(private readonly settings: SettingsService) {
    super();
  }

  async run(): Promise<void> {
    await this.settings.set([[CA_CERTS.key, '']]);
    printLine("Outgoing connections trust the system's certificates.");
  }
}
