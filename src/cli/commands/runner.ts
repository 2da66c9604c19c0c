import type { Command } from '../command.js';
import { runnerForgejoCommand } from './runner/forgejo.js';
import { runnerGithubCommand } from './runner/github.js';

export const runnerCommand: Command = {
  command: 'runner',
  describe: 'ephemeral runners for the jobs of a forge: each job gets a slice of its own',
  subcommands: [runnerForgejoCommand, runnerGithubCommand],
};
