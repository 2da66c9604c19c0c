import type { CheckpointRecord } from '../checkpoint/checkpoint-record.js';
import type { KeptVms, VmOutcome } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import { refreshGuests } from '../guest/refresh-guests.js';
import type { VmFailure } from '../guest/vm-failure.js';
import { runPhase } from '../run-phase.js';
import { settleAll } from '../settle-all.js';
import type { MadeSlice, SliceCreation } from './boot-slice.js';
import { isOfCheckpoint, restoreCheckpoint, type RestoreFailure } from './restore-checkpoint.js';
import { writeFiles } from './slice-creation.js';

/** The slice as it was kept; null where it could not be brought back, and has to be emptied again. */
export async function restoreSlice(
  checkpoint: CheckpointRecord,
  { request, options, keys, paths, again }: SliceCreation & Pick<KeptVms, 'again'>,
  context: VerbContext,
): Promise<MadeSlice | null> {
  const { plan } = request;
  let files: readonly string[] = [];
  const work = async (kept: KeptVms): Promise<RestoreFailure | null> => {
    const [outcomes, written] = await settleAll([
      options.driver.create({ ...request, kept: { ...kept, again: again ?? false } }, context),
      runPhase(context.emit, 'files', () => writeFiles(plan, keys, { options, paths })),
    ]);
    files = written;
    const failure = failureOfVms(outcomes);
    if (failure) return failure;
    return failureOfGuests(await runPhase(context.emit, 'wait', () => refreshGuests(plan, options, context)));
  };
  const isWell = await restoreCheckpoint(checkpoint, { root: options.images.root, paths, create: work }, context);
  const facts = new Map(Object.entries(checkpoint.facts));
  return isWell ? { standing: plan, files, facts, failures: [] } : null;
}

/** The hypervisor takes what was kept, or it does not. */
function failureOfVms(outcomes: readonly VmOutcome[]): RestoreFailure | null {
  const failures = outcomes.flatMap(({ vm, error }): RestoreFailure[] =>
    error === null ? [] : [{ reason: `${vm.hostname}: ${error.message}`, isBad: isOfCheckpoint(error) }],
  );
  return worst(failures);
}

/** A guest that ended was not kept well; one that is slow may only be on a host with much to do. */
function failureOfGuests(failures: readonly VmFailure[]): RestoreFailure | null {
  return worst(
    failures.map(({ vm, reason, ended = false }) => ({ reason: `${vm.hostname}: ${reason}`, isBad: ended })),
  );
}

function worst(failures: readonly RestoreFailure[]): RestoreFailure | null {
  return failures.find(({ isBad }) => isBad) ?? failures[0] ?? null;
}
