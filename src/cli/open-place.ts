import { openWorkplace } from '../workplace/open-workplace.js';
import type { Workplace } from '../workplace/workplace.js';
import type { CommandContext } from './command.js';
import { createStillReporter } from './render/still-reporter.js';
import { workplaceSettingsOf, type PlaceArguments } from './workplace-settings-of.js';

/** Opens the workplace that a command line describes, for a command without progress: what is said is written in lines. */
export function openPlace(args: PlaceArguments, context: CommandContext): Workplace {
  const { emit } = createStillReporter(args, context);
  return openWorkplace(workplaceSettingsOf(args, context, emit));
}
