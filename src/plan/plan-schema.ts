import * as z from 'zod';

const bytes = z.int().min(0);

export const labelsSchema = z
  .record(z.string(), z.unknown())
  .describe("the user's own, those of the role and the VM merged");

const subnet = z.object({
  cidr: z.string().describe('such as 172.16.17.0/24'),
  host: z.string().nullable().describe("the host's own address"),
});

export const networkPlanSchema = z.object({
  name: z.string(),
  bridge: z.string().describe('the bridge and the libvirt network'),
  id: z.int().describe('the number of the network inside every slice'),
  mac: z.string().describe('of the bridge'),
  mtu: z.int(),
  ipv4: subnet,
  ipv6: subnet,
  forward: z.enum(['nat', 'none', 'route']),
  serving: z.object({ ipv4: z.boolean(), ipv6: z.boolean(), dns: z.boolean() }).describe('what the host serves'),
  labels: labelsSchema,
});

export const diskPlanSchema = z.object({
  name: z.string(),
  target: z.string().describe('vda, vdb, … in the order of the plan'),
  sizeBytes: bytes,
  slot: z.string().nullable().describe('the image slot; null for an empty disk'),
  tag: z.string().nullable(),
});

const firstBootSchema = z.object({
  files: z.array(z.string()).describe('paths in the guest'),
  packages: z.array(z.string()),
  scripts: z.array(z.string()).describe('names of files; inline-1 for a text that is the first script'),
  sshKeys: z.int().min(0).describe("how many entries of keys it has beside the slice's key"),
  userData: z.string().nullable().describe('the path of a file, or "inline"'),
});

export const vmPlanSchema = z.object({
  hostname: z.string(),
  domain: z.string(),
  uuid: z.string(),
  role: z.string(),
  offset: z.int(),
  memoryMiB: z.int(),
  vcpu: z.int(),
  accessAddress: z.string().nullable().describe('where ssh reaches it; null where nothing does'),
  interfaces: z.array(z.object({ network: z.string(), mac: z.string(), ipv4: z.string(), ipv6: z.string() })),
  disks: z.array(diskPlanSchema),
  user: z.string().exactOptional().describe('as whom one logs in; "stack" where it is missing'),
  firstBoot: firstBootSchema.exactOptional().describe('what it is given at its first boot; missing for nothing'),
  share: z
    .array(
      z.object({
        path: z.string().describe('in the guest'),
        source: z.string().describe('on this machine'),
        readOnly: z.boolean(),
      }),
    )
    .exactOptional()
    .describe('folders of this machine that it sees; missing for none'),
  labels: labelsSchema,
});

/**
 * The schema of what `plan --json` prints: see `PlanJson`. `schemas/plan.schema.json` is made of it by
 * `tools/write-schemas.js`.
 */
export const planSchema = z.object({
  version: z.literal(1),
  slice: z.int().min(0),
  networks: z.array(networkPlanSchema),
  vms: z.array(vmPlanSchema),
});
