import type { Ci } from '../ci/open-ci.js';
import type { CommandContext, GlobalArguments } from './command.js';

/** Opens the database of the CI for a command that shows or changes it, and closes it. */
export async function openCiPlace<T>(
  args: GlobalArguments,
  context: CommandContext,
  work: (ci: Ci) => T | Promise<T>,
): Promise<T> {
  const [{ openPlace }, { openCi }] = await Promise.all([import('./open-place.js'), import('../ci/open-ci.js')]);
  await using place = openPlace(args, context);
  await using ci = await openCi(place, process.pid);
  return await work(ci);
}
