import { ImportCertificateCommand } from './import-certificate.command.js';

/** In the order of `--help`. */
export const HTTPS_COMMANDS = [ImportCertificateCommand];
