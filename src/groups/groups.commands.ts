import { CreateGroupCommand, DeleteGroupCommand } from './create-group.command.js';
import { AddToGroupCommand, RemoveFromGroupCommand } from './group-members.command.js';
import { ListGroupsCommand } from './list-groups.command.js';

/** In the order of `--help`. */
export const GROUPS_COMMANDS = [
  CreateGroupCommand,
  DeleteGroupCommand,
  AddToGroupCommand,
  RemoveFromGroupCommand,
  ListGroupsCommand,
];
