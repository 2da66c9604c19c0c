import * as z from 'zod';
import { bytes, dryRun, names, slice, time, timings, version, vm } from './members.js';

const madeVm = vm.extend({
  accessAddress: z.string().nullable().describe('where ssh reaches it; null where nothing does'),
  aliases: names.describe('names that ssh knows it by; none where nobody can log in'),
});

/** One task on one VM each. */
const units = z.array(
  z.object({
    task: z.string(),
    vm: z.string().nullable().describe('host name; null for a task that runs where virtbs runs'),
    outcome: z.enum(['ran', 'skipped', 'failed', 'blocked', 'stopped', 'would-run']),
    why: z.string().nullable().describe('why it was run, or is not done; null where it was done before'),
    ended: z.iso.datetime().nullable().describe('when it was last done'),
    milliseconds: z.int().min(0),
    cache: z
      .number()
      .min(0)
      .nullable()
      .describe('milliseconds for which its work may come from a checkpoint; 0 for never, null for no limit'),
    log: z.string().nullable().describe('path of its output on this machine; null where it was not run now'),
    checkpoint: z
      .string()
      .nullable()
      .exactOptional()
      .describe(
        'key of the newest checkpoint that holds it as it is asked for now; null for none; only where it was looked for',
      ),
  }),
);

const others = z.array(z.object({ kind: z.string().describe('such as volume, floating IP'), name: z.string() }));

export const cycleSchema = z.object({
  version,
  slice,
  dryRun,
  vms: z.array(madeVm),
  destroyed: names.describe('domains and networks of the old slice'),
  destroyedOthers: others.describe('what else of the old slice, as in a cloud'),
  files: names.describe('paths that were written'),
  checkpoint: z
    .enum(['restored', 'kept'])
    .nullable()
    .describe('whether the VMs were brought back from a checkpoint, or booted and one was kept'),
  from: z
    .object({
      key: z.string(),
      created: time,
      tasks: names.describe('tasks that are done in it, in the order in which they were done'),
    })
    .nullable()
    .describe('the checkpoint that the VMs were brought back from, or would be'),
  tasks: units.exactOptional().describe('what was done afterwards, with --do'),
  timings,
});

export const leaseSchema = z.object({
  version,
  slice,
  session: z.string().describe('the name by which wipe --session knows it'),
  expires: time.describe('when it may be ended'),
  ssh: z
    .object({ user: z.string(), config: z.string(), knownHosts: z.string(), privateKey: z.string() })
    .describe('what a login needs; paths of this machine'),
  ...cycleSchema.pick({ vms: true, files: true, checkpoint: true, tasks: true, timings: true }).shape,
});

export const upSchema = z.object({
  version,
  slice,
  dryRun,
  vms: z.array(madeVm.extend({ change: z.enum(['built', 'rebuilt', 'started', 'kept']) })).describe('all of the slice'),
  removed: names.describe('domains and networks'),
  differences: z
    .array(z.object({ name: z.string(), kind: z.enum(['vm', 'network']), differences: names }))
    .describe('what is not as it is asked for, and was left so'),
  files: names,
  tasks: units.exactOptional().describe('what was done afterwards, or would be, with --do'),
  timings,
});

export const replaceSchema = z.object({ version, slice, dryRun, vms: z.array(vm), files: names, timings });

export const wipeSchema = z.object({
  version,
  slice,
  dryRun,
  vms: names.describe('domains'),
  networks: names,
  others: others.describe('what else of the slice, as in a cloud'),
  files: names,
  timings,
});

export const wipeManySchema = z.object({
  version,
  dryRun,
  slices: z.array(wipeSchema),
  skipped: z.array(z.object({ slice, root: z.string() })).describe('made with another root, and left alone'),
});

export const reapSchema = z.object({
  version,
  dryRun,
  ended: z.array(wipeSchema.extend({ reason: z.string() })),
});

export const withSchema = z.object({
  version,
  slice,
  exitCode: z.int().describe("the command's"),
  kept: z.boolean().describe('whether the slice stands as the command left it'),
  wiped: wipeSchema.nullable(),
});

const summary = z.object({
  name: z.string(),
  created: time,
  vms: z.array(z.object({ hostname: z.string(), power: z.enum(['running', 'paused', 'off']) })),
  memoryBytes: bytes.describe('what the memory takes on the host'),
  diskBytes: bytes.describe('what its disks take without what they stand on'),
});

export const snapshotSchema = summary.extend({ version, slice, timings });

export const snapshotsSchema = z.object({ version, slice, snapshots: z.array(summary) });

export const snapshotDeleteSchema = z.object({ version, slice, dryRun, deleted: z.string() });

export const restoreSchema = z.object({
  version,
  slice,
  dryRun,
  name: z.string(),
  created: time.describe('when the snapshot was made'),
  vms: z.array(vm.extend({ power: z.enum(['running', 'paused', 'off']) })),
  timings,
});

/** The results of `do` and `tasks`. */
export const doSchema = z.object({
  version,
  slice,
  dryRun,
  units: units.describe('one task on one VM each, in an order in which each stands behind all that it wants'),
});

export const verifySchema = z.object({
  version,
  slice,
  other: slice.describe('the slice that was deployed from nothing, and wiped'),
  same: z
    .array(z.object({ task: z.string(), vm: z.string().nullable().describe('host name; null for this machine') }))
    .describe('tasks whose output is the same on both'),
});
