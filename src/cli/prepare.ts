import { resolve } from 'node:path';
import { VirtbsError } from '../errors.js';
import { openHost } from '../host/host.js';
import { findSteps, type Step } from '../host/prepare-host.js';
import { quoteWord } from '../host/quote-word.js';
import type { CommandArguments, CommandContext } from './command.js';
import { confirm } from './confirm.js';
import { loadConfigurationFor } from './load-plan.js';
import { createReporter } from './render/reporter.js';
import { writeJson } from './json-results.js';

export interface PrepareAnswers {
  readonly slice: number;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

/** What appears only after another step, such as the group of a package, is done in a second round. */
const ROUNDS = 2;

/**
 * Does what this machine lacks, after it was listed and agreed to. Idempotent.
 *
 * @throws VirtbsError `usage` where there is no terminal to ask on, `cancelled` for a no, and what a step throws
 */
export async function prepare(answers: PrepareAnswers, args: CommandArguments, context: CommandContext): Promise<void> {
  const { slice, yes, dryRun } = answers;
  const { paths } = await loadConfigurationFor(args, context);
  const { packageDirectory, signal } = context;
  const root = resolve(context.cwd, args.root ?? paths.virtbsRoot);
  const options = { host: openHost(signal), connect: args.connect, root, slice, packageDirectory };
  const done: Step[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const steps = await findSteps(options, signal);
    if (steps.length === 0) break;
    if (dryRun) {
      done.push(...steps);
      break;
    }
    context.stderr.write(listSteps(steps));
    if (round === 0 && !yes) await agree(context);
    await runSteps(steps, args, context);
    done.push(...steps);
  }
  const text = done.length === 0 ? 'nothing to do\n' : dryRun ? describeDryRun(done) : describeDone(done);
  const steps = done.map(({ what, commands }) => ({ what, commands }));
  if (args.json) writeJson('host-prepare', { version: 1, dryRun, steps }, context);
  else context.stdout.write(text);
}

function describeDryRun(steps: readonly Step[]): string {
  return `dry run: nothing was changed\n${listSteps(steps)}`;
}

function describeDone(steps: readonly Step[]): string {
  return steps.map(({ what }) => `done: ${what}\n`).join('');
}

function listSteps(steps: readonly Step[]): string {
  return steps
    .map(
      ({ what, commands }) => `${what}\n${commands.map((words) => `    ${words.map(quoteWord).join(' ')}\n`).join('')}`,
    )
    .join('');
}

async function agree(context: CommandContext): Promise<void> {
  const { stdin, stderr } = context;
  if (stdin.isTTY !== true || stderr.isTTY !== true) {
    throw new VirtbsError('usage', 'host prepare: there is no terminal to ask on, and nothing was done', {
      hint: 'say --yes to do all that is listed, or --dry-run to see it alone',
    });
  }
  if (await confirm('Do all of it?', context)) return;
  throw new VirtbsError('cancelled', 'nothing was done');
}

async function runSteps(steps: readonly Step[], args: CommandArguments, context: CommandContext): Promise<void> {
  using reporter = createReporter(args, context);
  for (const step of steps) {
    context.signal.throwIfAborted();
    await step.run({ emit: reporter.emit, signal: context.signal });
  }
}
