import { AddAdminCommand, AddOperatorCommand } from './add-operator.command.js';
import {
  AuditCommand,
  ExportAuditCommand,
  ListAuditCommand,
  TrimAuditCommand,
  VerifyAuditCommand,
} from './audit/audit.command.js';
import { CreateTokenCommand } from './create-token.command.js';
import { ListOperatorsCommand } from './list-operators.command.js';
import { ListTokensCommand } from './list-tokens.command.js';
import { RemoveOperatorCommand } from './remove-operator.command.js';
import { RevokeTokenCommand } from './revoke-token.command.js';
import { SetOperatorCommand } from './set-operator.command.js';

/** In the order in which `--help` shows them. */
export const MANAGEMENT_COMMANDS = [
  AddOperatorCommand,
  AddAdminCommand,
  SetOperatorCommand,
  RemoveOperatorCommand,
  ListOperatorsCommand,
  CreateTokenCommand,
  RevokeTokenCommand,
  ListTokensCommand,
  ListAuditCommand,
  ExportAuditCommand,
  VerifyAuditCommand,
  TrimAuditCommand,
  AuditCommand,
];
