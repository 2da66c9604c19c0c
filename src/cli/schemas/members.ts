import * as z from 'zod';
import type { Timings } from '../../run-phase.js';

export const version = z.literal(1);
export const slice = z.int().min(0);
export const bytes = z.int().min(0);
export const milliseconds = z.number().min(0);
export const time = z.iso.datetime();
export const names = z.array(z.string());
export const dryRun = z.boolean().describe('whether nothing was changed, and this is what would be');

/** Any phase: there may be others without a new version. */
export const timings: z.ZodType<Timings> = z.record(z.string(), milliseconds).describe('milliseconds of each phase');

export const power = z.enum(['running', 'paused', 'off', 'crashed', 'unknown']);

/** The members that name a VM in results. */
export const vm = z.object({ hostname: z.string(), domain: z.string(), role: z.string() });

export const host = z.object({
  cpus: z.int(),
  memoryBytes: bytes,
  availableMemoryBytes: bytes,
  diskBytes: bytes.describe('of the file system that the root is on'),
  availableDiskBytes: bytes,
});
