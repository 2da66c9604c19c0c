import type { Forge } from '../worker/forge/forge.js';
import type { GlobalArguments, RunContext } from './command.js';

export interface RunnerArguments {
  readonly workers: number | undefined;
  readonly once: boolean;
}

/** Makes runners for the jobs of a forge until it is told to end. */
export async function watchRunnersOf(
  name: Forge['name'],
  { workers, once }: RunnerArguments,
  { args, context }: { readonly args: GlobalArguments; readonly context: RunContext },
): Promise<void> {
  const [
    { inWorkplace },
    { openForge },
    { openRunnerSlices },
    { runnerPrefix },
    { explainForgeError, watchRunners },
    { lockFile },
    { prepareRoot },
    { runnersLock },
  ] = await Promise.all([
    import('./in-workplace.js'),
    import('../worker/forge/open-forge.js'),
    import('../worker/runner/open-runner-slices.js'),
    import('../worker/runner/runner-name.js'),
    import('../worker/runner/watch-runners.js'),
    import('../files/lock-file.js'),
    import('../files/prepare-root.js'),
    import('../filenames.js'),
  ]);
  // To be told to end is how it ends.
  context.expectInterrupt();
  await inWorkplace(args, context, async (place) => {
    const { runner: settings } = await place.configuration();
    await using forge = await openForge(name, settings, context.env);
    const root = await place.root();
    const prefix = runnerPrefix(root, `${name} ${forge.label}`);
    await prepareRoot(root);
    const { signal, emit } = place.verb;
    await using _lock = await lockFile(runnersLock(root, prefix), {
      ...{ holder: `runners of ${name}`, signal, timeout: 0 },
    });
    const { ttl, idle, poll } = settings;
    try {
      await watchRunners({
        ...{ forge, prefix, ttl, idle, poll, emit, signal, workers: workers ?? settings.workers, untilIdle: once },
        slices: openRunnerSlices(settings, place),
      });
    } catch (error) {
      throw explainForgeError(error);
    }
  });
}
