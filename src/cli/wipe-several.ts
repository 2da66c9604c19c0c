import { resolve } from 'node:path';
import { openChosenDriver } from './open-chosen-driver.js';
import { VirtbsError } from '../errors.js';
import type { Session } from '../session/session.js';
import { isCalled, wipeMany, type WipeManyOptions, type WipeManyResult } from '../slice/wipe-many.js';
import type { CommandArguments, CommandContext } from './command.js';
import { confirm } from './confirm.js';
import { describeSession } from './describe-session.js';
import { parseDuration } from './parse-duration.js';
import { createReporter } from './render/reporter.js';
import { renderWipeMany } from './render/wipe-many.js';
import { resolveRoot } from './resolve-root.js';

/** `wipe --session` and `wipe --all`: the second asks where it can, and refuses where it cannot and was not told to. */
export async function wipeSeveral(args: CommandArguments, context: CommandContext): Promise<void> {
  const { all, session } = args;
  assertOneChoice(args, context);
  const timeout = parseDuration('--timeout', String(args['timeout']));
  const select = all === true ? () => true : await selectSession(String(session), context);
  const root = await resolveRoot(args, context);
  await using driver = await openChosenDriver(args, context, { root });
  const outputDirectory = resolve(context.cwd, args.outputDir);
  const dryRun = args['dryRun'] === true;
  const options = { driver, root, outputDirectory, timeout, dryRun, select };
  if (all === true && !dryRun && args['yes'] !== true) await assertWanted(options, context);
  using reporter = createReporter(args, context);
  const result = await wipeMany(options, { emit: reporter.emit, signal: context.signal });
  reporter[Symbol.dispose]();
  renderWipeMany(result, args, context);
}

/** A slice's number in the environment is a default, and gives way. */
function assertOneChoice({ all, session, slice }: CommandArguments, { env }: CommandContext): void {
  const given = [
    all === true ? '--all' : [],
    session === undefined ? [] : '--session',
    slice === undefined || slice === env['VIRTBS_SLICE'] ? [] : '--slice',
  ].flat();
  if (given.length < 2) return;
  throw new VirtbsError('usage', `wipe: ${given.join(' and ')} exclude each other`, { hint: 'give one of them' });
}

async function selectSession(name: string, context: CommandContext): Promise<(session: Session) => boolean> {
  if (name !== '') return (session) => isCalled(session, name);
  const { place } = await describeSession(context);
  return (session) => session.place === place;
}

async function assertWanted(options: WipeManyOptions, context: CommandContext): Promise<void> {
  const { stdin, stderr, signal } = context;
  const plan = await wipeMany({ ...options, dryRun: true }, { emit: () => undefined, signal });
  if (plan.slices.length === 0) return;
  stderr.write(describePlan(plan));
  if (stdin.isTTY !== true || stderr.isTTY !== true) {
    throw new VirtbsError('usage', 'wipe --all: there is no terminal to ask on', {
      hint: 'give --yes where you mean it, or --dry-run to see more',
    });
  }
  if (await confirm('Destroy all of it?', context)) return;
  throw new VirtbsError('cancelled', 'wipe --all: nothing was destroyed');
}

function describePlan({ slices }: WipeManyResult): string {
  const lines = slices.map(
    ({ slice, vms, networks }) => `slice ${slice}: ${[...vms, ...networks].join(', ') || 'empty'}\n`,
  );
  return lines.join('');
}
