import { ImportCertificateCommand } from './import-certificate.command.js';

/** In the order in which `--help` shows them. */
export const HTTPS_COMMANDS = [ImportCertificateCommand];
