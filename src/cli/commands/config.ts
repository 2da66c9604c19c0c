import type { Command } from '../command.js';
import { configListCommand } from './config/list.js';
import { configShowCommand } from './config/show.js';

export const configCommand: Command = {
  command: 'config',
  describe: 'show the configuration, and the layers, roles and networks that it has',
  subcommands: [
    configShowCommand,
    configListCommand('layers', 'list the layers, each with the roles that it says something of'),
    configListCommand('roles', 'list the roles, each with the layers that say something of it'),
    configListCommand('networks', 'list the networks, each with the roles that are on it'),
  ],
};
