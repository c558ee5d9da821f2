import {
  ExportSecretsKeyCommand,
  GenerateSecretsKeyCommand,
  ImportSecretsKeyCommand,
  RotateSecretsKeyCommand,
  SealSecretsKeyCommand,
  SecretsKeyCommand,
  UnsealSecretsKeyCommand,
} from './secrets-key.command.js';

/** In the order in which `--help` shows them. */
export const SECRETS_COMMANDS = [
  ExportSecretsKeyCommand,
  GenerateSecretsKeyCommand,
  ImportSecretsKeyCommand,
  RotateSecretsKeyCommand,
  SealSecretsKeyCommand,
  SecretsKeyCommand,
  UnsealSecretsKeyCommand,
];
