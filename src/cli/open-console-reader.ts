import type { Driver } from '../driver/types.js';
import type { CommandArguments, CommandContext } from './command.js';
import { mayBeOtherDriver } from './is-other-driver.js';

/** The chosen driver where VMs' consoles can only be read, and by it alone; nothing where they are on this machine. */
export async function openConsoleReader(
  args: CommandArguments,
  context: CommandContext,
  root: string,
): Promise<Driver | undefined> {
  if (!mayBeOtherDriver(args)) return undefined;
  const { openChosenDriver } = await import('./open-chosen-driver.js');
  const driver = await openChosenDriver(args, context, { root });
  if (driver.readConsole) return driver;
  await driver[Symbol.asyncDispose]();
  return undefined;
}
