import { resolve } from 'node:path';
import type { Configuration } from '../config/configuration.js';
import { openDriver } from '../driver/registry.js';
import { formatSession } from '../session/format-session.js';
import type { SliceBuildOptions } from '../slice/cycle.js';
import type { CommandArguments, CommandContext } from './command.js';
import { describeJumpHost } from './describe-jump-host.js';
import { describeSession } from './describe-session.js';

/** What every command that builds VMs needs, with a driver that ends with it. */
export interface Build extends AsyncDisposable {
  readonly options: Pick<SliceBuildOptions, 'driver' | 'images' | 'outputDirectory' | 'jump' | 'session'>;
}

/** @throws VirtbsError where the hypervisor cannot be reached */
export async function openBuild(
  args: CommandArguments,
  context: CommandContext,
  { paths, capacity, imageFlow: recipes, jumpHost }: Configuration,
): Promise<Build> {
  const root = resolve(context.cwd, args.root ?? paths.virtbsRoot);
  const outputDirectory = resolve(context.cwd, args.outputDir);
  const session = formatSession(await describeSession(context));
  const jump = await describeJumpHost(jumpHost);
  const driver = await openDriver('libvirt', { connect: args.connect, root, capacity });
  const images = { recipes, root, runBuildVm: driver.runBuildVm };
  return {
    options: { driver, images, outputDirectory, jump, session },
    [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
  };
}
