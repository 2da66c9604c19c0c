import type { Command } from '../command.js';
import { snapshotLsCommand } from './snapshot/ls.js';
import { snapshotMakeCommand } from './snapshot/make.js';
import { snapshotRmCommand } from './snapshot/rm.js';
import { snapshotShowCommand } from './snapshot/show.js';

export const snapshotCommand: Command = {
  command: 'snapshot',
  describe: 'make, list and remove snapshots of all VMs of the slice',
  subcommands: [snapshotMakeCommand, snapshotLsCommand, snapshotShowCommand, snapshotRmCommand],
};
