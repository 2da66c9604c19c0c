import type { Command } from '../command.js';
import { ciAgainCommand } from './ci/again.js';
import { ciImportCommand } from './ci/import.js';
import { ciLogCommand } from './ci/log.js';
import { ciPageCommand } from './ci/page.js';
import { ciQueueCommand } from './ci/queue.js';
import { ciRunCommand } from './ci/run.js';
import { ciServeCommand } from './ci/serve.js';
import { ciStatusCommand } from './ci/status.js';
import { ciStopCommand } from './ci/stop.js';
import { ciTestsCommand } from './ci/tests.js';
import { ciWatchCommand } from './ci/watch.js';

export const ciCommand: Command = {
  command: 'ci',
  describe: 'run jobs for changes, each in a slice of its own: from an event to a result, with nothing lost',
  subcommands: [
    ciRunCommand,
    ciWatchCommand,
    ciStatusCommand,
    ciQueueCommand,
    ciLogCommand,
    ciStopCommand,
    ciAgainCommand,
    ciTestsCommand,
    ciImportCommand,
    ciPageCommand,
    ciServeCommand,
  ],
};
