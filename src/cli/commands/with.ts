import { resolve } from 'node:path';
import type { CycleOptions } from '../../slice/cycle.js';
import { VirtbsError } from '../../errors.js';
import { outputPaths } from '../../filenames.js';
import type { Command, CommandArguments, CommandContext, Reporter } from '../command.js';
import { parseDuration } from '../parse-duration.js';
import { PLAN_POSITIONALS } from '../plan-positionals.js';
import { parseTtl, TTL_OPTION } from '../ttl-option.js';

export const withCommand: Command = {
  command: 'with [layers] [topology..]',
  describe: "lease a slice, build it, run the command behind --, and wipe it; the exit code is the command's",
  positionals: PLAN_POSITIONALS,
  options: {
    'on-failure': {
      type: 'string',
      choices: ['wipe', 'keep'],
      default: 'wipe',
      requiresArg: true,
      describe: 'what becomes of the slice where the build or the command fails',
    },
    timeout: {
      type: 'string',
      default: '300',
      requiresArg: true,
      describe: 'give a VM up after this long without progress (seconds, or 90s, 5m)',
    },
    ttl: TTL_OPTION,
  },
  passes: true,
  leases: { byDefault: true, until: 'process' },
  examples: [
    ['$0 with roles controller:1 worker:2 -- ./test.sh', 'on a free slice, which is gone afterwards'],
    ['$0 with --on-failure keep roles plain -- sh -c \'ssh -F "$VIRTBS_SSH_CONFIG" plain true\'', 'keep it to look at'],
  ],
  check(args) {
    parseDuration('--timeout', String(args['timeout']));
    parseTtl(args);
    if (args.passed.length === 0) {
      throw new VirtbsError('usage', 'with: no command is given', {
        hint: 'put it behind --: virtbs with roles plain -- ./test.sh',
      });
    }
  },
  async run(args, context) {
    const timeout = parseDuration('--timeout', String(args['timeout']));
    const [{ runWithSlice }, { runForeground }, { openChosenDriver }, { createReporter }, build] = await Promise.all([
      import('../../slice/run-with-slice.js'),
      import('../../process/run-foreground.js'),
      import('../open-chosen-driver.js'),
      import('../render/reporter.js'),
      prepareBuild(args, context),
    ]);
    const { slice, root } = build;
    const outputDirectory = resolve(context.cwd, args.outputDir);
    await using driver = await openChosenDriver(args, context, { root, configuration: build.configuration });
    let reporter: Reporter = createReporter(args, context);
    const run = async (): Promise<number> => {
      // The terminal is the command's as long as it runs.
      reporter[Symbol.dispose]();
      try {
        return await runForeground(args.passed, {
          cwd: context.cwd,
          env: { ...context.env, ...commandEnvironment(args, { slice, root, outputDirectory }) },
          signal: context.signal,
          terminal: context.stdin.isTTY === true,
          output: args.json ? 'stderr' : 'stdout',
        });
      } finally {
        reporter = createReporter(args, context);
      }
    };
    try {
      const result = await runWithSlice(
        {
          slice,
          lease: context.lease ?? null,
          build: build.options && buildOptions(build.options, { root, driver, outputDirectory, timeout }),
          run,
          onFailure: args['onFailure'] === 'keep' ? 'keep' : 'wipe',
          driver,
          root,
          outputDirectory,
          timeout,
        },
        { emit: (event) => reporter.emit(event), signal: context.signal },
      );
      if (args.json) context.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
      return result.exitCode;
    } finally {
      reporter[Symbol.dispose]();
    }
  },
};

type Build = NonNullable<Awaited<ReturnType<typeof prepareBuild>>['options']>;

function buildOptions(
  { recipes, ...build }: Build,
  { root, ...rest }: Pick<CycleOptions, 'driver' | 'outputDirectory' | 'timeout'> & { readonly root: string },
): CycleOptions {
  return { ...build, ...rest, images: { recipes, root, runBuildVm: rest.driver.runBuildVm } };
}

/** What the command is told of its slice; a `virtbs` that it calls reads the options from it. */
function commandEnvironment(
  args: CommandArguments,
  { slice, root, outputDirectory }: { readonly slice: number; readonly root: string; readonly outputDirectory: string },
): Record<string, string> {
  return {
    VIRTBS_SLICE: String(slice),
    VIRTBS_OUTPUT_DIR: outputDirectory,
    VIRTBS_ROOT: root,
    VIRTBS_CONNECT: args.connect,
    ...(args.driver !== undefined && { VIRTBS_DRIVER: args.driver }),
    VIRTBS_SSH_CONFIG: outputPaths(outputDirectory, slice).sshConfig,
  };
}

/** The slice, and what `cycle` needs to build it; no options where there are no layers. */
async function prepareBuild(args: CommandArguments, context: CommandContext) {
  const [
    { loadPlan, loadConfigurationFor },
    { parseSlice },
    { describeSession },
    { formatSession },
    { describeJumpHost },
  ] = await Promise.all([
    import('../load-plan.js'),
    import('../parse-slice.js'),
    import('../describe-session.js'),
    import('../../session/format-session.js'),
    import('../describe-jump-host.js'),
  ]);
  const slice = parseSlice(args.slice);
  if (args['layers'] === undefined) {
    const configuration = await loadConfigurationFor(args, context);
    const root = resolve(context.cwd, args.root ?? configuration.paths.virtbsRoot);
    return { slice, root, configuration, options: null };
  }
  const { configuration, plan } = await loadPlan(args, context);
  const root = resolve(context.cwd, args.root ?? configuration.paths.virtbsRoot);
  const options = {
    plan,
    recipes: configuration.imageFlow,
    jump: await describeJumpHost(configuration.jumpHost),
    session: formatSession(await describeSession(context)),
    ttl: parseTtl(args),
    wait: true,
    dryRun: false,
    configuration: performance.now() - context.started,
  };
  return { slice, root, configuration, options };
}
