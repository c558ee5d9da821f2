import {
  ExportSecretsKeyCommand,
  GenerateSecretsKeyCommand,
  ImportSecretsKeyCommand,
  RotateSecretsKeyCommand,
  SealSecretsKeyCommand,
  SecretsKeyCommand,
  UnsealSecretsKeyCommand,
} from './secrets-key.command.js';

/** In the order of `--help`. */
export const SECRETS_COMMANDS = [
  ExportSecretsKeyCommand,
  GenerateSecretsKeyCommand,
  ImportSecretsKeyCommand,
  RotateSecretsKeyCommand,
  SealSecretsKeyCommand,
  SecretsKeyCommand,
  UnsealSecretsKeyCommand,
];
