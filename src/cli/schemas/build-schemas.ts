import * as z from 'zod';
import { bytes, dryRun, names, slice, time, timings, version, vm } from './members.js';

const builtVm = vm.extend({
  accessAddress: z.string().nullable().describe('where ssh reaches it; null where nothing does'),
  aliases: names.describe('names that ssh knows it by; none where nobody can log in'),
});

export const cycleSchema = z.object({
  version,
  slice,
  dryRun,
  vms: z.array(builtVm),
  destroyed: names.describe('domains and networks of the old slice'),
  files: names.describe('paths that were written'),
  checkpoint: z
    .enum(['restored', 'kept'])
    .nullable()
    .describe('whether the VMs were brought back from a checkpoint, or booted and one was kept'),
  timings,
});

export const upSchema = z.object({
  version,
  slice,
  dryRun,
  vms: z
    .array(builtVm.extend({ change: z.enum(['built', 'rebuilt', 'started', 'kept']) }))
    .describe('all of the slice'),
  removed: names.describe('domains and networks'),
  differences: z
    .array(z.object({ name: z.string(), kind: z.enum(['vm', 'network']), differences: names }))
    .describe('what is not as it is asked for, and was left so'),
  files: names,
  timings,
});

export const replaceSchema = z.object({ version, slice, dryRun, vms: z.array(vm), files: names, timings });

export const wipeSchema = z.object({
  version,
  slice,
  dryRun,
  vms: names.describe('domains'),
  networks: names,
  files: names,
  timings,
});

export const wipeManySchema = z.object({
  version,
  dryRun,
  slices: z.array(wipeSchema),
  skipped: z.array(z.object({ slice, root: z.string() })).describe('built with another root, and left alone'),
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
