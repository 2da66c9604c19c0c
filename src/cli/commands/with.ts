import type { Configuration } from '../../config/configuration.js';
import { VirtbsError } from '../../errors.js';
import type { VirtbsEvent } from '../../events.js';
import { outputPaths } from '../../filenames.js';
import type { SlicePlan } from '../../plan/plan.js';
import { CHECKPOINT_OPTION, checkpointSettings } from '../checkpoint-option.js';
import type { Command, CommandArguments, CommandContext, Reporter } from '../command.js';
import { parseDuration } from '../parse-duration.js';
import { parseSlice } from '../parse-slice.js';
import { PLAN_POSITIONALS } from '../plan-positionals.js';
import { parseTtl, TTL_OPTION } from '../ttl-option.js';
import { BOOT_TIMEOUT_OPTION } from '../timeout-option.js';
import { writeJson } from '../json-results.js';

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
    timeout: BOOT_TIMEOUT_OPTION,
    checkpoint: CHECKPOINT_OPTION,
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
    const slice = parseSlice(args.slice);
    const [{ runWithSlice }, { runForeground }, { openBuild }, { createReporter }] = await Promise.all([
      import('../../slice/run-with-slice.js'),
      import('../../process/run-foreground.js'),
      import('../open-build.js'),
      import('../render/reporter.js'),
    ]);
    const { configuration, plan } = await loadWhatToBuild(args, context);
    const loaded = performance.now() - context.started;
    let reporter: Reporter = createReporter(args, context);
    const emit = (event: VirtbsEvent): void => reporter.emit(event);
    try {
      await using build = await openBuild(args, context, configuration, emit);
      const { driver, images, outputDirectory } = build.options;
      const { root } = images;
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
      const result = await runWithSlice(
        {
          slice,
          lease: context.lease ?? null,
          build: plan && {
            ...build.options,
            plan,
            ttl: parseTtl(args),
            timeout,
            wait: true,
            dryRun: false,
            configuration: loaded,
            checkpoint: checkpointSettings(args, configuration.checkpoint),
          },
          run,
          onFailure: args['onFailure'] === 'keep' ? 'keep' : 'wipe',
          driver,
          root,
          outputDirectory,
          timeout,
        },
        { emit, signal: context.signal },
      );
      if (args.json) writeJson('with', result, context);
      return result.exitCode;
    } finally {
      reporter[Symbol.dispose]();
    }
  },
};

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

/** The plan is null where there are no layers. */
async function loadWhatToBuild(
  args: CommandArguments,
  context: CommandContext,
): Promise<{ readonly configuration: Configuration; readonly plan: SlicePlan | null }> {
  const { loadPlan, loadConfigurationFor } = await import('../load-plan.js');
  if (args['layers'] !== undefined) return await loadPlan(args, context);
  return { configuration: await loadConfigurationFor(args, context), plan: null };
}
