import type { Command } from './command.js';
import { completionCommand } from './commands/completion.js';
import { configCommand } from './commands/config.js';
import { cycleCommand } from './commands/cycle.js';
import { hostCommand } from './commands/host.js';
import { imageCommand } from './commands/image.js';
import { lsCommand } from './commands/ls.js';
import { manCommand } from './commands/man.js';
import { planCommand } from './commands/plan.js';
import { tagCommand } from './commands/tag.js';
import { tagactiveCommand } from './commands/tagactive.js';
import { untagCommand } from './commands/untag.js';
import { wipeCommand } from './commands/wipe.js';

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  cycleCommand,
  wipeCommand,
  planCommand,
  lsCommand,
  configCommand,
  imageCommand,
  tagCommand,
  untagCommand,
  tagactiveCommand,
  hostCommand,
  completionCommand,
  manCommand,
];
