import * as z from 'zod';

const bytes = z.int().min(0);
const labels = z.record(z.string(), z.unknown()).describe("the user's own, those of the role and the VM merged");

const subnet = z.object({
  cidr: z.string().describe('such as 172.16.17.0/24'),
  host: z.string().nullable().describe("the host's own address"),
});

const network = z.object({
  name: z.string(),
  bridge: z.string().describe('the bridge and the libvirt network'),
  id: z.int().describe('the number of the network inside every slice'),
  mac: z.string().describe('of the bridge'),
  mtu: z.int(),
  ipv4: subnet,
  ipv6: subnet,
  forward: z.enum(['nat', 'none']),
  serving: z.object({ ipv4: z.boolean(), ipv6: z.boolean(), dns: z.boolean() }).describe('what the host serves'),
  labels,
});

const disk = z.object({
  name: z.string(),
  target: z.string().describe('vda, vdb, … in the order of the plan'),
  sizeBytes: bytes,
  slot: z.string().nullable().describe('the image slot; null for an empty disk'),
  tag: z.string().nullable(),
  build: z.string().nullable().describe('the build of the slot that the disk was cloned from'),
  serial: z.string().describe('the serial number that the disk was given'),
});

const guestDisk = z.object({
  name: z.string().describe('as the guest names the device: vda'),
  sizeBytes: bytes,
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

const vm = z.object({
  hostname: z.string(),
  domain: z.string(),
  uuid: z.string(),
  role: z.string(),
  offset: z.int(),
  memoryMiB: z.int(),
  vcpu: z.int(),
  accessAddress: z.string().nullable().describe('where ssh reaches it; null where nothing does'),
  login: z.boolean().describe('whether somebody can log in by ssh'),
  interfaces: z.array(z.object({ network: z.string(), mac: z.string(), ipv4: z.string(), ipv6: z.string() })),
  disks: z.array(disk),
  labels,
  facts: facts.nullable().describe('what the guest says of itself; null where it was not asked or did not answer'),
});

const image = z.object({
  slot: z.string(),
  build: z.string(),
  labels,
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
    session: z.string().describe('who built the slice'),
    ssh: z.object({
      user: z.string(),
      config: z.string().describe('path, for ssh -F'),
      knownHosts: z.string(),
      privateKey: z.string(),
    }),
    images: z.array(image),
    networks: z.array(network),
    vms: z.array(vm),
  })
  .meta({ title: 'virtbs: the state of a slice after cycle' });

export type State = z.infer<typeof stateSchema>;
export type VmFacts = z.infer<typeof facts>;
export type GuestDisk = z.infer<typeof guestDisk>;
