import { readFile } from 'node:fs/promises';
import type { Configuration } from '../config/configuration.js';
import { VirtbsError } from '../errors.js';
import { slicePaths, taskPaths } from '../filenames.js';
import type { SlicePlan } from '../plan/plan.js';
import { translateOutput } from '../plan/translate-output.js';
import { cycle } from '../slice/cycle.js';
import { doOnSlice, NOTHING_ASKED } from '../slice/do-on-slice.js';
import { readSlice } from '../slice/standing-slice.js';
import { wipe } from '../slice/wipe.js';
import type { DoneUnit } from '../task/do-options.js';
import { checkTaskNames } from '../task/check-task-names.js';
import { diffLines } from '../text/diff-lines.js';
import { repeatCommand } from './repeat-command.js';
import type { Workplace } from './workplace.js';

export interface VerifyOptions {
  readonly slice: number;
  /** Tasks whose output is compared; those that are called `verify`, or begin with `verify-` or `verify_`, where none is named. */
  readonly tasks: readonly string[];
  /** Milliseconds without progress after which a VM is given up. */
  readonly bootTimeout: number;
  /** Milliseconds to wait for another process that changes a slice. */
  readonly lockTimeout: number;
  /** Milliseconds on the clock of `performance.now()` when the work began. */
  readonly started: number;
}

export interface VerifyResult {
  readonly version: 1;
  readonly slice: number;
  /** The slice that was deployed from nothing, and wiped. */
  readonly other: number;
  /** Tasks whose output is the same on both. */
  readonly same: readonly ComparedUnit[];
}

export interface ComparedUnit {
  readonly task: string;
  /** A host name; null for the machine where virtbs runs. */
  readonly vm: string | null;
}

/** The output of a task on one VM. */
interface Output extends ComparedUnit {
  readonly text: string;
}

/** Lines that an error shows of each task that differs. */
const SHOWN_LINES = 40;

/**
 * Runs tasks that verify a deployment on a slice that stands, and on one that is deployed from nothing, without checkpoints, on a free
 * slice; compares what they print. The second slice is wiped whatever happens. Numbers, addresses and names of the second slice count
 * as those of the first.
 *
 * @throws VirtbsError `deployment-differs` with the lines in which they differ, for each task and VM; `usage` where there is nothing to
 *   compare; what `doOnSlice` and `cycle` throw
 */
export async function verifyDeployment(options: VerifyOptions, place: Workplace): Promise<VerifyResult> {
  const { slice } = options;
  const configuration = await place.configuration();
  const goals = verifyingTasks(configuration, options.tasks);
  if (!(await place.asksForVms({}))) {
    throw new VirtbsError('usage', 'do --verify: no file says which VMs to make', {
      hint: "give the topology in a file, or by -E 'topology=controller:1 worker:2'",
    });
  }
  const { plan } = await readSlice(await place.standing(slice), place.verb);
  assertSameVms(plan, await place.plan({ slice }));
  const commandLine = repeatCommand(place.settings, slice);
  const asked = { ...NOTHING_ASKED, goals, again: goals, configuration, commandLine };
  const { units } = await doOnSlice({ ...(await place.standing(slice)), ...asked }, place.verb);
  const root = await place.root();
  const outputs = await outputsOf(units, { root, slice, goals });
  await using lease = await place.lease({ until: 'process', another: true, plan: {} });
  const other = lease.slice;
  place.verb.emit({ type: 'note', message: `slice ${other}: deploying from nothing, to compare with slice ${slice}` });
  try {
    const second = await deployFromNothing({ ...options, slice: other, goals }, place);
    const others = await outputsOf(second.units, { root, slice: other, goals });
    const translated = others.map((each) => ({ ...each, text: translateOutput(each.text, second.plan, plan) }));
    return { version: 1, slice, other, same: compare(outputs, translated, { slice, other }) };
  } finally {
    const { signal } = new AbortController();
    const { lockTimeout } = options;
    await wipe({ ...(await place.standing(other)), lockTimeout, dryRun: false }, { ...place.verb, signal });
    place.verb.emit({ type: 'note', message: `slice ${other} is wiped` });
  }
}

function verifyingTasks({ tasks }: Configuration, named: readonly string[]): readonly string[] {
  checkTaskNames(tasks, named);
  if (named.length > 0) return named;
  const found = Object.keys(tasks).filter((name) => /^verify(?:[-_]|$)/.test(name));
  if (found.length > 0) return found;
  throw new VirtbsError('usage', 'do --verify: no task is called "verify"', {
    hint: 'call tasks that print what is to be compared verify or verify-…, or name them: virtbs do --verify TASK',
  });
}

function assertSameVms({ slice, vms }: SlicePlan, asked: SlicePlan): void {
  const [stands, wanted] = [vms, asked.vms].map((list) =>
    list
      .map(({ hostname }) => hostname)
      .toSorted()
      .join(', '),
  );
  if (stands === wanted) return;
  throw new VirtbsError('usage', `do --verify: slice ${slice} has ${stands}, and the files ask for ${wanted ?? ''}`, {
    hint: `virtbs -s ${slice} up --prune makes the slice as the files say`,
  });
}

async function deployFromNothing(
  { slice, goals, started, ...limits }: VerifyOptions & { readonly goals: readonly string[] },
  place: Workplace,
): Promise<{ readonly plan: SlicePlan; readonly units: readonly DoneUnit[] }> {
  const [plan, configuration] = [await place.plan({ slice }), await place.configuration()];
  const commandLine = repeatCommand(place.settings, slice);
  const { tasks: units = [] } = await cycle(
    {
      ...{ ...(await place.creation()), ...limits, plan, wait: true, dryRun: false },
      loadMilliseconds: performance.now() - started,
      checkpoint: { ...configuration.checkpoint, keep: 'no' },
      tasks: { configuration, goals, commandLine },
    },
    place.verb,
  );
  return { plan: (await readSlice(await place.standing(slice), place.verb)).plan, units };
}

async function outputsOf(
  units: readonly DoneUnit[],
  { root, slice, goals }: { readonly root: string; readonly slice: number; readonly goals: readonly string[] },
): Promise<readonly Output[]> {
  const paths = taskPaths(slicePaths(root, slice));
  const wanted = units.filter(({ task }) => goals.includes(task));
  return await Promise.all(
    wanted.map(async ({ task, vm }) => ({ task, vm, text: await readFile(paths.log(task, vm ?? 'here'), 'utf8') })),
  );
}

function compare(
  outputs: readonly Output[],
  others: readonly Output[],
  { slice, other }: Pick<VerifyResult, 'slice' | 'other'>,
): readonly ComparedUnit[] {
  const compared = outputs.map(({ task, vm, text }) => {
    const same = others.find((each) => each.task === task && each.vm === vm);
    return { task, vm, lines: diffLines(text, same?.text ?? '') };
  });
  const differing = compared.filter(({ lines }) => lines.length > 0);
  if (differing.length === 0) return compared.map(({ task, vm }) => ({ task, vm }));
  const parts = differing.map(({ task, vm, lines }) => {
    const more = lines.length > SHOWN_LINES ? [`… and ${lines.length - SHOWN_LINES} more lines`] : [];
    const shown = [...lines.slice(0, SHOWN_LINES), ...more].map((line) => `\n    ${line}`);
    return `${task} ${vm === null ? 'here' : `on ${vm}`}: slice ${slice} (-) and slice ${other}, deployed from nothing (+), differ${shown.join('')}`;
  });
  throw new VirtbsError('deployment-differs', parts.join('\n'), {
    hint: `the checkpoints of slice ${slice} may hold more than the tasks' keys see: virtbs -s ${slice} checkpoint rm --all`,
  });
}
