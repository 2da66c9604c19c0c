import { resolve } from 'node:path';
import type { Configuration } from '../config/configuration.js';
import type { VirtbsEvent } from '../events.js';
import { formatSession } from '../session/format-session.js';
import type { SliceBuildOptions } from '../slice/slice-build.js';
import type { CommandArguments, CommandContext } from './command.js';
import { describeJumpHost } from './describe-jump-host.js';
import { describeSession } from './describe-session.js';
import { openChosenDriver } from './open-chosen-driver.js';

/** What every command that builds VMs needs, with a driver that ends with it. */
export interface Build extends AsyncDisposable {
  readonly options: Pick<SliceBuildOptions, 'driver' | 'images' | 'outputDirectory' | 'jump' | 'session'>;
}

/** @throws VirtbsError where the hypervisor cannot be reached */
export async function openBuild(
  args: CommandArguments,
  context: CommandContext,
  configuration: Configuration,
  emit: (event: VirtbsEvent) => void,
): Promise<Build> {
  const { paths, imageFlow: recipes, jumpHost } = configuration;
  const root = resolve(context.cwd, args.root ?? paths.virtbsRoot);
  const outputDirectory = resolve(context.cwd, args.outputDir);
  const session = formatSession(await describeSession(context));
  const jump = await describeJumpHost(jumpHost);
  const driver = await openChosenDriver(args, context, { root, configuration, emit });
  const images = { recipes, root, environment: context.env, runBuildVm: driver.runBuildVm };
  return {
    options: { driver, images, outputDirectory, jump, session },
    [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
  };
}
