import type { Command } from '../command.js';
import { gitlabCleanupCommand } from './gitlab/cleanup.js';
import { gitlabConfigCommand } from './gitlab/config.js';
import { gitlabPrepareCommand } from './gitlab/prepare.js';
import { gitlabRunCommand } from './gitlab/run.js';

export const gitlabCommand: Command = {
  command: 'gitlab',
  describe: 'the stages of the custom executor of GitLab Runner: each job gets a slice of its own',
  subcommands: [gitlabConfigCommand, gitlabPrepareCommand, gitlabRunCommand, gitlabCleanupCommand],
};
