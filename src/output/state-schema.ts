import * as z from 'zod';
import { diskPlanSchema, labelsSchema, networkPlanSchema, vmPlanSchema } from '../plan/plan-schema.js';

const disk = diskPlanSchema.extend({
  build: z.string().nullable().describe('the build of the slot that the disk was cloned from'),
  serial: z.string().describe('the serial number that the disk was given'),
});

const guestDisk = z.object({
  name: z.string().describe('as the guest names the device: vda'),
  sizeBytes: z.int().min(0),
  serial: z.string().nullable(),
  readOnly: z.boolean(),
  disk: z
    .string()
    .nullable()
    .describe("the plan's name of the disk; null for one that is not in the plan, as the seed"),
});

const facts = z.object({
  shortName: z.string().nullable().describe('hostname -s'),
  longName: z.string().nullable().describe('hostname -f'),
  system: z.string().nullable().describe('PRETTY_NAME of /etc/os-release'),
  kernel: z.string().nullable().describe('uname -r'),
  arch: z.string().nullable().describe('uname -m'),
  bootTime: z.iso.datetime().nullable(),
  bootId: z.string().nullable().describe('differs after each boot'),
  disks: z.array(guestDisk).describe('whole disks, as lsblk has them'),
});

const vm = vmPlanSchema.extend({
  login: z.boolean().describe('whether somebody can log in by ssh'),
  disks: z.array(disk),
  facts: facts.nullable().describe('what the guest says of itself; null where it was not asked or did not answer'),
});

const image = z.object({
  slot: z.string(),
  build: z.string(),
  labels: labelsSchema,
});

/**
 * `state-bsN.json`. Members are added, never removed or changed in meaning, without a new `version`.
 * `schemas/state.schema.json` is made of it by `tools/write-schemas.js`.
 */
export const stateSchema = z
  .object({
    virtbs: z.string().describe('by this the file is known as one of ours'),
    version: z.literal(1),
    slice: z.int().min(0),
    root: z.string(),
    created: z.iso.datetime(),
    session: z.string().describe('who made the slice'),
    ssh: z.object({
      user: z.string().nullable().describe('null where each machine has its own'),
      config: z.string().describe('path, for ssh -F'),
      knownHosts: z.string(),
      privateKey: z.string().nullable().describe('null where the keys are not of virtbs: see `driver: hosts`'),
    }),
    images: z.array(image),
    networks: z.array(networkPlanSchema),
    vms: z.array(vm),
  })
  .meta({ title: 'virtbs: the state of a slice after cycle' });

export type State = z.infer<typeof stateSchema>;
export type VmFacts = z.infer<typeof facts>;
