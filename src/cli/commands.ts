import type { Command } from './command.js';
import { configCommand } from './commands/config.js';
import { cycleCommand } from './commands/cycle.js';
import { imageCommand } from './commands/image.js';
import { lsCommand } from './commands/ls.js';
import { planCommand } from './commands/plan.js';
import { reapCommand } from './commands/reap.js';
import { withCommand } from './commands/with.js';
import { wipeCommand } from './commands/wipe.js';

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  cycleCommand,
  withCommand,
  wipeCommand,
  reapCommand,
  planCommand,
  lsCommand,
  configCommand,
  imageCommand,
];
