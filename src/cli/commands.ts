import type { Command } from './command.js';
import { configCommand } from './commands/config.js';
import { cycleCommand } from './commands/cycle.js';
import { imageCommand } from './commands/image.js';
import { inventoryCommand } from './commands/inventory.js';
import { lsCommand } from './commands/ls.js';
import { planCommand } from './commands/plan.js';
import { wipeCommand } from './commands/wipe.js';

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  cycleCommand,
  wipeCommand,
  planCommand,
  lsCommand,
  configCommand,
  inventoryCommand,
  imageCommand,
];
