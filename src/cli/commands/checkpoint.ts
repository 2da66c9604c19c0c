import type { Command } from '../command.js';
import { checkpointLsCommand } from './checkpoint/ls.js';
import { checkpointShowCommand } from './checkpoint/show.js';
import { checkpointRmCommand } from './checkpoint/rm.js';

export const checkpointCommand: Command = {
  command: 'checkpoint',
  describe: 'list and remove what cycle keeps of slices to bring them back without a boot',
  subcommands: [checkpointLsCommand, checkpointShowCommand, checkpointRmCommand],
};
