import * as z from 'zod';

/** What is used of servers and what belongs to them. Source: https://docs.openstack.org/api-ref/compute/ */
export const serverSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** `BUILD`, `ACTIVE`, `SHUTOFF`, `ERROR`, `DELETED`, … */
  status: z.string(),
  'OS-EXT-STS:task_state': z.string().nullish(),
  'OS-EXT-STS:vm_state': z.string().nullish(),
  /** 1 is running, 3 paused, 4 off. */
  'OS-EXT-STS:power_state': z.number().nullish(),
  'OS-EXT-AZ:availability_zone': z.string().nullish(),
  metadata: z.record(z.string(), z.string()).default({}),
  /** From microversion 2.26 on. */
  tags: z.array(z.string()).nullish(),
  created: z.string(),
  tenant_id: z.string(),
  user_id: z.string(),
  key_name: z.string().nullish(),
  /** Text where it was booted from a volume. */
  image: z.union([z.object({ id: z.string() }), z.literal('')]).nullish(),
  /** Its id, or from microversion 2.47 on what it was. */
  flavor: z.object({
    id: z.string().optional(),
    original_name: z.string().optional(),
    ram: z.number().optional(),
    vcpus: z.number().optional(),
    disk: z.number().optional(),
  }),
  addresses: z
    .record(
      z.string(),
      z.array(
        z.object({
          addr: z.string(),
          version: z.number(),
          'OS-EXT-IPS:type': z.string().optional(),
          'OS-EXT-IPS-MAC:mac_addr': z.string().optional(),
        }),
      ),
    )
    .default({}),
  fault: z.object({ code: z.number(), message: z.string(), created: z.string().optional() }).optional(),
  'os-extended-volumes:volumes_attached': z.array(z.object({ id: z.string() })).default([]),
  /** From microversion 2.71 on. */
  server_groups: z.array(z.string()).nullish(),
});

export type Server = z.infer<typeof serverSchema>;

/** The answer to POST /servers. */
export const createdServerSchema = z.object({ server: z.object({ id: z.string() }) });

export const flavorSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** MiB. */
  ram: z.number(),
  vcpus: z.number(),
  /** GiB; 0 where the disk is as large as the image. */
  disk: z.number(),
  'OS-FLV-DISABLED:disabled': z.boolean().optional(),
  'os-flavor-access:is_public': z.boolean().optional(),
  /** From microversion 2.61 on. */
  extra_specs: z.record(z.string(), z.string()).optional(),
});

export type Flavor = z.infer<typeof flavorSchema>;

/** An item of `keypairs`; wrapped by the API. */
export const keypairSchema = z.object({
  keypair: z.object({ name: z.string(), fingerprint: z.string(), public_key: z.string() }),
});

export type Keypair = z.infer<typeof keypairSchema>['keypair'];

export const serverGroupSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** From microversion 2.64 on. */
  policy: z.string().optional(),
  /** Before. */
  policies: z.array(z.string()).optional(),
  members: z.array(z.string()).default([]),
});

export type ServerGroup = z.infer<typeof serverGroupSchema>;

/** The answer to GET /limits; -1 is no limit. RAM in MiB. */
export const computeLimitsSchema = z.object({
  limits: z.object({
    absolute: z.object({
      maxTotalInstances: z.number(),
      maxTotalCores: z.number(),
      maxTotalRAMSize: z.number(),
      maxTotalKeypairs: z.number().optional(),
      maxServerGroups: z.number().optional(),
      maxServerGroupMembers: z.number().optional(),
      totalInstancesUsed: z.number(),
      totalCoresUsed: z.number(),
      totalRAMUsed: z.number(),
      totalServerGroupsUsed: z.number().optional(),
    }),
  }),
});

export type ComputeLimits = z.infer<typeof computeLimitsSchema>['limits']['absolute'];

/** An item of `availabilityZoneInfo` of GET /os-availability-zone. */
export const availabilityZoneSchema = z.object({
  zoneName: z.string(),
  zoneState: z.object({ available: z.boolean() }),
});

/** The answer to the action `os-getConsoleOutput`. */
export const consoleOutputSchema = z.object({ output: z.string() });

/** An item of `interfaceAttachments` of GET /servers/ID/os-interface. */
export const interfaceAttachmentSchema = z.object({
  port_id: z.string(),
  net_id: z.string(),
  mac_addr: z.string(),
  fixed_ips: z.array(z.object({ subnet_id: z.string(), ip_address: z.string() })).default([]),
});
