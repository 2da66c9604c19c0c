import type { CheckpointSettings } from '../config/checkpoint-settings.js';
import { outputPaths, slicePaths } from '../filenames.js';
import { hasLogin, loginUser } from '../output/ssh-config.js';
import { GUEST_USER, type SeedFile } from '../seed/seed.js';
import { giveFiles } from '../guest/give-files.js';
import { cycle, type CycleResult } from '../slice/cycle.js';
import { checkpointObstacle } from '../slice/find-checkpoint.js';
import type { Lease } from '../slice/lease-slice.js';
import { lifeTime } from '../slice/slice-creation.js';
import { reachedPlan } from '../slice/standing-slice.js';
import { wipe } from '../slice/wipe.js';
import { tryAll } from '../try-all.js';
import type { GoalsQuestion } from './goals-after.js';
import type { PlanRequest } from './load-plan.js';
import { tasksAfter } from './tasks-after.js';
import type { Workplace } from './workplace.js';

export interface MakeLeaseOptions {
  readonly plan: Omit<PlanRequest, 'slice'>;
  /** Milliseconds until `reap`, or the next lease, may end it. */
  readonly ttl: number;
  /** Whether the session is given one more slice, not its own one anew. */
  readonly another: boolean;
  /** Files that each VM gets, for its root alone. */
  readonly luggage: readonly SeedFile[];
  /** Whether VMs that can be logged in to get their files after the tasks, which can then come from a checkpoint. */
  readonly lateFiles: boolean;
  /** Tasks to be done on it, as the command line says it: see `goalsAfter`. */
  readonly tasks: GoalsQuestion['asked'];
  /** Replaces what the configuration says of keeping checkpoints. */
  readonly keep: CheckpointSettings['keep'] | undefined;
  readonly onFailure: 'keep' | 'wipe';
  /** Milliseconds without progress after which a VM is given up. */
  readonly bootTimeout: number;
  /** Milliseconds to wait for another process that changes the slice. */
  readonly lockTimeout: number;
  /** Milliseconds on the clock of `performance.now()` when the work began. */
  readonly started: number;
}

export interface LeaseResult extends Pick<
  CycleResult,
  'version' | 'slice' | 'vms' | 'files' | 'checkpoint' | 'tasks' | 'timings'
> {
  /** The name by which `wipe --session` knows it. */
  readonly session: string;
  /** ISO 8601, UTC. */
  readonly expires: string;
  /** What a login needs; the paths are of this machine. */
  readonly ssh: {
    /** That of the first VM; the file knows those of all. */
    readonly user: string;
    readonly config: string;
    readonly knownHosts: string;
    readonly privateKey: string;
  };
}

/**
 * Leases a slice, makes it and leaves it standing after this process: until its time is over, a wipe, or the next run at the
 * session's place. A slice that cannot be made is wiped, also where the work was interrupted.
 *
 * @throws what `leaseSlice`, `cycle` and `doOnSlice` throw
 */
export async function makeLease(options: MakeLeaseOptions, place: Workplace): Promise<LeaseResult> {
  const { ttl, another, luggage } = options;
  await using lease = await place.lease({ until: 'process', ttl, another, plan: options.plan });
  const plan = await place.plan({ ...options.plan, slice: lease.slice });
  const tasks = await tasksAfter(place, plan, { asked: options.tasks, waits: true });
  const { checkpoint: settings } = await place.configuration();
  const wanted = options.keep ?? settings.keep;
  const creation = await place.creation();
  // What is given to one lease is nothing that a checkpoint may give to another: it has no part in what is kept, or all is
  // in the seed and nothing is kept.
  const mayKeep = wanted !== 'no' && checkpointObstacle({ ...creation, plan }, true) === null;
  const isLate = tasks !== undefined && options.lateFiles && plan.vms.every(hasLogin);
  const sent = mayKeep || isLate ? luggage : [];
  const seeded = sent.length > 0 ? [] : luggage;
  // Files that come before the tasks come after the moment in which cycle would begin with these.
  const inCycle = sent.length === 0 || isLate;
  const keep = seeded.length > 0 ? 'no' : wanted;
  const { bootTimeout, lockTimeout } = options;
  const loadMilliseconds = performance.now() - options.started;
  const { expires } = lifeTime(ttl);
  try {
    const cycled = await cycle(
      {
        ...{ ...creation, plan, ttl, luggage: seeded, bootTimeout, lockTimeout, loadMilliseconds },
        ...{ wait: true, dryRun: false, checkpoint: { ...settings, keep } },
        tasks: inCycle ? tasks?.asked : undefined,
      },
      place.verb,
    );
    const { version, slice, vms, files, checkpoint, timings } = cycled;
    const { sshConfig, knownHosts } = outputPaths(place.outputDirectory, slice);
    if (sent.length > 0) {
      const { signal } = place.verb;
      await tryAll(
        vms.map(({ hostname }) => giveFiles({ sshConfig, hostname }, sent, { signal, deadline: bootTimeout })),
      );
    }
    const done = inCycle ? cycled.tasks : await tasks?.do();
    await lease.keep('time');
    const { privateKey } = slicePaths(await place.root(), slice);
    const reached = await reachedPlan(await place.driver(), plan, place.verb);
    const [first] = reached.vms;
    const user = first ? loginUser(reached, first) : GUEST_USER;
    const ssh = { user, config: sshConfig, knownHosts, privateKey };
    const session = (await place.session()).id;
    const made = { version, slice, session, expires: expires ?? '', ssh, vms, files, checkpoint };
    return { ...made, ...(done && { tasks: done }), timings };
  } catch (error) {
    await endFailed(lease, options, place);
    throw error;
  }
}

/** Works also where the signal was raised. A wipe that fails does not hide the failure before. */
async function endFailed(lease: Lease, { onFailure, lockTimeout }: MakeLeaseOptions, place: Workplace): Promise<void> {
  const { emit, signal: asked } = place.verb;
  const { slice } = lease;
  if (onFailure === 'keep' && !asked.aborted) {
    await lease.keep('time');
    emit({ type: 'note', message: `slice ${slice} is kept: virtbs -s ${slice} wipe ends it` });
    return;
  }
  try {
    const { signal } = new AbortController();
    await wipe({ ...(await place.standing(slice)), lockTimeout, dryRun: false }, { emit, signal });
    emit({ type: 'note', message: `slice ${slice} is wiped` });
  } catch (error) {
    emit({ type: 'warning', message: error instanceof Error ? error.message : String(error) });
  }
}
