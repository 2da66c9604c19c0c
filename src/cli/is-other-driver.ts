import { DEFAULT_DRIVER } from '../known-drivers.js';
import type { CommandArguments } from './command.js';

/** Whether another driver than the default one may be chosen; what it is the configuration would have to say. */
export function mayBeOtherDriver({
  driver = DEFAULT_DRIVER,
  config,
  overrides,
}: Pick<CommandArguments, 'driver' | 'config' | 'overrides'>): boolean {
  return driver !== DEFAULT_DRIVER || config.length > 0 || overrides.length > 0;
}
