import type { Configuration } from '../config/configuration.js';
import { DEFAULT_DRIVER } from '../known-drivers.js';
import { openDriver } from '../driver/registry.js';
import type { Driver } from '../driver/types.js';
import type { VirtbsEvent } from '../events.js';
import type { CommandArguments, CommandContext } from './command.js';
import { mayBeOtherDriver } from './is-other-driver.js';
import { createLineReporter, reportLevel } from './render/line-reporter.js';

export interface OpenOptions {
  readonly root: string;
  /** Where it was read already. */
  readonly configuration?: Configuration | undefined;
  /** Writes lines to stderr where not given. */
  readonly emit?: (event: VirtbsEvent) => void;
}

/**
 * Opens the driver that the line or the configuration chooses. The configuration is read only where it could say anything: the
 * shipped one has the default driver.
 */
export async function openChosenDriver(
  args: CommandArguments,
  context: CommandContext,
  { root, configuration, emit = createLineReporter(context.stderr, reportLevel(args)).emit }: OpenOptions,
): Promise<Driver> {
  const { connect } = args;
  const { env, signal } = context;
  const options = { connect, root, environment: env, emit, signal };
  if (configuration === undefined && !mayBeOtherDriver(args)) return await openDriver(DEFAULT_DRIVER, options);
  const { loadConfigurationFor } = await import('./load-plan.js');
  const known = configuration ?? (await loadConfigurationFor(args, context));
  const { driver, capacity, openstack } = known;
  return await openDriver(args.driver ?? driver, { ...options, capacity, openstack });
}
