import type { Command } from '../command.js';
import { sshConfigInstallCommand } from './ssh-config/install.js';
import { sshConfigRemoveCommand } from './ssh-config/remove.js';

export const sshConfigCommand: Command = {
  command: 'ssh-config',
  describe: 'let plain ssh know the VMs of all slices, by one line in ~/.ssh/config',
  subcommands: [sshConfigInstallCommand, sshConfigRemoveCommand],
};
