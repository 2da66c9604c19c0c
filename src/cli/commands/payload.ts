import type { Command } from '../command.js';
import { payloadLsCommand } from './payload/ls.js';

export const payloadCommand: Command = {
  command: 'payload',
  describe: 'clusters that virtbs knows how to build and deploy',
  subcommands: [payloadLsCommand],
};
