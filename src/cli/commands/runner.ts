import type { Command } from '../command.js';
import { runnerForgejoCommand } from './runner/forgejo.js';
import { runnerGiteaCommand } from './runner/gitea.js';
import { runnerGithubCommand } from './runner/github.js';

export const runnerCommand: Command = {
  command: 'runner',
  describe: 'ephemeral runners for the jobs of a forge: each job gets a slice of its own',
  subcommands: [runnerForgejoCommand, runnerGiteaCommand, runnerGithubCommand],
};
