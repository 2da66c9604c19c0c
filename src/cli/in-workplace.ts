import { openWorkplace } from '../workplace/open-workplace.js';
import type { Workplace } from '../workplace/workplace.js';
import type { CommandContext } from './command.js';
import { createPausableReporter } from './render/pausable-reporter.js';
import { createReporter } from './render/reporter.js';
import { workplaceSettingsOf, type PlaceArguments } from './workplace-settings-of.js';

/**
 * Works in the workplace that a command line describes, and shows the progress. All is closed when the work is done.
 *
 * @param work given also what leaves the terminal to another program until there is something to show again
 */
export async function inWorkplace<T>(
  args: PlaceArguments,
  context: CommandContext,
  work: (place: Workplace, pause: () => void) => Promise<T>,
): Promise<T> {
  using reporter = createPausableReporter(() => createReporter(args, context));
  await using place = openWorkplace(workplaceSettingsOf(args, context, reporter.emit));
  return await work(place, reporter.pause);
}
