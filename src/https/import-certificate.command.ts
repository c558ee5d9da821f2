import { Command, Option } from 'nest-commander';
import { OverTheNetwork } from '../common/command-line/over-the-network.js';
import { issuerName, shownDate, subjectName, validUntil } from '../common/crypto/certificates.js';
import { JsonCommand, type JsonOption } from '../common/terminal/json-command.js';
import { readStandardInput } from '../common/terminal/standard-input.js';
import { printJson, printLine, printNote } from '../common/terminal/terminal.js';
import { SettingsService } from '../settings/settings.service.js';
import { signedUrlWarning } from '../settings/signed-url.js';
import { CertificateService, refuseImport } from './certificate.service.js';
import { MAX_CERTIFICATE_BYTES, namesOf, type ServerCertificate } from './server-certificate.js';
import { TLS_CERT } from './tls.settings.js';

interface ImportCertificateOptions extends JsonOption {
  readonly selfsigned?: boolean;
}

@Command({
  name: 'import-certificate',
  description:
    'serve HTTPS with the certificate, private key and intermediate certificates on the standard input (PEM)',
})
@OverTheNetwork({
  role: 'admin',
  scope: 'setting',
  readsInput: (_words, { selfsigned }) => selfsigned !== true,
})
export class ImportCertificateCommand extends JsonCommand {
  constructor(
    private readonly certificates: CertificateService,
    private readonly settings: SettingsService,
  ) {
    super();
  }

  async run(_arguments: string[], options: ImportCertificateOptions = {}): Promise<void> {
    const now = new Date();
    const kept = options.selfsigned
      ? await this.certificates.makeSelfSigned(now)
      : await this.certificates.import(await readInput(), now);
    const url = await this.certificates.url();
    const warning = await signedUrlWarning(this.settings, 'https');
    if (options.json) printJson(certificateView(kept, url));
    else
      for (const line of lines(
        kept,
        { url, isElsewhere: warning !== undefined },
        options.selfsigned === true,
      ))
        printLine(line);
    if (warning !== undefined) printNote(warning);
  }

  @Option({
    flags: '--selfsigned',
    description:
      'generate a self-signed certificate for proxy.domain instead; devices must be set up to trust it',
  })
  parseSelfsigned(): boolean {
    return true;
  }
}

async function readInput(): Promise<string> {
  return await readStandardInput({
    maxBytes: MAX_CERTIFICATE_BYTES,
    what: 'certificate, private key and intermediate certificates in PEM',
    refuse: refuseImport,
  });
}

function certificateView({ chain: [leaf, ...issuers] }: ServerCertificate, url: string): object {
  return {
    subject: subjectName(leaf),
    issuer: issuerName(leaf),
    names: namesOf(leaf),
    'fingerprint-sha256': leaf.fingerprint256,
    'valid-until': shownDate(validUntil(leaf)),
    intermediates: issuers.map(subjectName),
    url,
  };
}

function lines(
  { chain }: ServerCertificate,
  { url, isElsewhere }: { readonly url: string; readonly isElsewhere: boolean },
  isSelfMade: boolean,
): string[] {
  const [leaf, ...issuers] = chain;
  return [
    `Certificate: ${subjectName(leaf)}`,
    `Names: ${namesOf(leaf).join(', ')}`,
    `Issuer: ${issuerName(leaf)}`,
    ...issuers.map((issuer) => `Intermediate: ${subjectName(issuer)}`),
    `SHA-256 fingerprint: ${leaf.fingerprint256}`,
    `Valid until: ${shownDate(validUntil(leaf))}`,
    `${isElsewhere ? 'HTTPS is served' : 'Devices reach the store'} at ${url}`,
    ...(isSelfMade
      ? [
          '',
          'No authority signed it. To trust it, each device needs a copy of the output of',
          `  snap-store-proxy config ${TLS_CERT.key} > store.pem`,
          'and must run',
          '  sudo snap set system store-certs.snap-store-proxy="$(cat store.pem)"',
        ]
      : []),
  ];
}
