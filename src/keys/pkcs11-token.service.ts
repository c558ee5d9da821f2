import { execFile } from 'node:child_process';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { PKCS11_TOOL, tokenFailure, tokenLogin } from '../common/crypto/pkcs11-tool.js';
import { StoreError } from '../common/errors.js';
import type { Setting } from '../settings/setting.js';
import { SettingsService } from '../settings/settings.service.js';
import { HSM_MODULE, HSM_TOKEN_LABEL, HSM_TOKEN_PIN } from './hsm.settings.js';

/** Far more than the tool prints. */
const MAX_OUTPUT_BYTES = 1 << 20;

/** A PKCS#11 token, which generates keys and signs with them. Their private halves never leave it. */
@Injectable()
export class Pkcs11TokenService {
  constructor(private readonly settings: SettingsService) {}

  /**
   * Generates an RSA key pair in the token.
   *
   * @param id - CKA_ID, hexadecimal
   * @returns its public half
   * @throws StoreError `not-configured` if no token is set, `storage-failed` if it cannot be used
   */
  async generate(label: string, id: string, bits: number): Promise<KeyObject> {
    const pair = ['--id', id, '--label', label];
    await this.run('generate a key in', [
      '--keypairgen',
      '--key-type',
      `rsa:${bits}`,
      '--usage-sign',
      ...pair,
    ]);
    return await this.withFolder(async (folder) => {
      const file = join(folder, 'public.der');
      await this.run('read a key of', [
        '--read-object',
        '--type',
        'pubkey',
        '--id',
        id,
        '--output-file',
        file,
      ]);
      return createPublicKey({ key: await readFile(file), format: 'der', type: 'spki' });
    });
  }

  /**
   * Signs with a key of the token: RSASSA-PKCS1-v1_5 over SHA-512.
   *
   * @param id - CKA_ID, hexadecimal
   * @throws StoreError as {@link generate}
   */
  async sign(id: string, signed: Buffer): Promise<Buffer> {
    return await this.withFolder(async (folder) => {
      const [input, output] = [join(folder, 'signed'), join(folder, 'signature')];
      await writeFile(input, signed);
      const files = ['--input-file', input, '--output-file', output];
      await this.run('sign with', ['--sign', '--mechanism', 'SHA512-RSA-PKCS', '--id', id, ...files]);
      return await readFile(output);
    });
  }

  private async withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
    const folder = await mkdtemp(join(tmpdir(), 'snap-store-proxy-token-'));
    try {
      return await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  private async run(doing: string, words: readonly string[]): Promise<void> {
    const [module, label, pin] = await Promise.all(
      [HSM_MODULE, HSM_TOKEN_LABEL, HSM_TOKEN_PIN].map((setting) => this.setting(doing, setting)),
    );
    const login = tokenLogin({ module: module ?? '', label: label ?? '' }, pin ?? '');
    await new Promise<void>((settle, fail) => {
      execFile(
        PKCS11_TOOL,
        [...login.words, ...words],
        { env: login.env, maxBuffer: MAX_OUTPUT_BYTES },
        (error, _stdout, stderr) =>
          error ? fail(tokenFailure(`${doing} the PKCS#11 token`, error, stderr)) : settle(),
      );
    });
  }

  private async setting(doing: string, setting: Setting<string>): Promise<string> {
    const text = await this.settings.find(setting);
    if (text !== undefined) return text;
    throw new StoreError(
      'not-configured',
      `cannot ${doing} the PKCS#11 token: set ${HSM_MODULE.key}, ${HSM_TOKEN_LABEL.key} and ${HSM_TOKEN_PIN.key}`,
    );
  }
}
