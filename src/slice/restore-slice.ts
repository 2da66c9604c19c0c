import type { CheckpointRecord } from '../checkpoint/checkpoint-record.js';
import type { KeptVms } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import { runPhase } from '../run-phase.js';
import { settleAll } from '../settle-all.js';
import type { MadeSlice, SliceBuild } from './boot-slice.js';
import { refreshGuests } from './refresh-guests.js';
import { restoreCheckpoint } from './restore-checkpoint.js';
import { writeFiles } from './slice-build.js';
import { failedOutcomes, type VmFailure } from './vm-failure.js';

/** The slice as it was kept; null where it could not be brought back, and has to be emptied again. */
export async function restoreSlice(
  checkpoint: CheckpointRecord,
  { request, options, keys, paths }: SliceBuild,
  context: VerbContext,
): Promise<MadeSlice | null> {
  const { plan } = request;
  let files: readonly string[] = [];
  const work = async (kept: KeptVms): Promise<readonly VmFailure[]> => {
    const [outcomes, written] = await settleAll([
      options.driver.build({ ...request, kept }, context),
      runPhase(context.emit, 'files', () => writeFiles(plan, keys, { options, paths })),
    ]);
    files = written;
    const failures = failedOutcomes(outcomes);
    if (failures.length > 0) return failures;
    return await runPhase(context.emit, 'wait', () =>
      refreshGuests(plan.vms, { slice: plan.slice, ...options }, context),
    );
  };
  const isWell = await restoreCheckpoint(checkpoint, { root: options.images.root, paths, build: work }, context);
  const facts = new Map(Object.entries(checkpoint.facts));
  return isWell ? { built: plan, files, facts, failures: [] } : null;
}
