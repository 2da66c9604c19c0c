import { VirtbsError } from '../errors.js';
import type { Session } from '../session/session.js';
import { isCalled, wipeMany, type WipeManyOptions, type WipeManyResult } from '../slice/wipe-many.js';
import type { Workplace } from '../workplace/workplace.js';
import { nameOthers } from './render/name-others.js';
import type { CommandContext, GlobalArguments } from './command.js';
import { confirm } from './confirm.js';
import { openPlace } from './open-place.js';
import { parseDuration } from './parse-duration.js';
import { createReporter } from './render/reporter.js';
import { renderWipeMany } from './render/wipe-many.js';

interface WipeArguments extends GlobalArguments {
  readonly all: boolean;
  /** Empty for the session of this call. */
  readonly session: string | undefined;
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly timeout: string;
}

/** `wipe --session` and `wipe --all`: the second asks where it can, and refuses where it cannot and was not told to. */
export async function wipeSeveral(args: WipeArguments, context: CommandContext): Promise<void> {
  const { all, session = '', dryRun } = args;
  assertOneChoice(args, context);
  await using place = openPlace(args, context);
  const lockTimeout = parseDuration('--timeout', args.timeout);
  const select = all ? () => true : await selectSession(session, place);
  const [root, driver] = [await place.root(), await place.driver()];
  const options = { driver, root, outputDirectory: place.outputDirectory, lockTimeout, dryRun, select };
  if (all && !dryRun && !args.yes) await assertWanted(options, context);
  using reporter = createReporter(args, context);
  const result = await wipeMany(options, { emit: reporter.emit, signal: context.signal });
  reporter[Symbol.dispose]();
  renderWipeMany(result, args, context);
}

/** A slice's number in the environment is a default, and gives way. */
function assertOneChoice({ all, session, slice }: WipeArguments, { env }: CommandContext): void {
  const given = [
    all ? '--all' : [],
    session === undefined ? [] : '--session',
    slice === undefined || slice === env['VIRTBS_SLICE'] ? [] : '--slice',
  ].flat();
  if (given.length < 2) return;
  throw new VirtbsError('usage', `wipe: ${given.join(' and ')} exclude each other`, { hint: 'give one of them' });
}

async function selectSession(name: string, workplace: Workplace): Promise<(session: Session) => boolean> {
  if (name !== '') return (session) => isCalled(session, name);
  const { place } = await workplace.session();
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
    ({ slice, vms, networks, others }) =>
      `slice ${slice}: ${[...vms, ...networks, ...nameOthers(others)].join(', ') || 'empty'}\n`,
  );
  return lines.join('');
}
