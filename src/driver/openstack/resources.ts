import * as z from 'zod';

/** Schemas of the services' objects, with the members that we use. Source: https://docs.openstack.org/api-ref/ */

const id = z.string();

export const serverSchema = z.object({
  id,
  name: z.string(),
  status: z.string(),
  metadata: z.record(z.string(), z.string()),
  flavor: z.object({ vcpus: z.number().optional(), ram: z.number().optional() }).optional(),
  /** Text where it boots from a volume. */
  image: z.union([z.object({ id }), z.literal('')]).nullish(),
  fault: z.object({ message: z.string().optional(), code: z.number().optional() }).optional(),
  'OS-EXT-STS:task_state': z.string().nullable().optional(),
});

const described = { id, name: z.string(), description: z.string().nullable().optional() };

export const networkSchema = z.object({
  ...described,
  tags: z.array(z.string()).default([]),
  subnets: z.array(z.string()).default([]),
  mtu: z.number().nullable().optional(),
  'router:external': z.boolean().optional(),
});

export const subnetSchema = z.object({ ...described, network_id: z.string(), cidr: z.string() });

export const portSchema = z.object({
  ...described,
  network_id: z.string(),
  device_id: z.string().default(''),
  mac_address: z.string(),
  fixed_ips: z.array(z.object({ subnet_id: z.string(), ip_address: z.string() })),
});

export const routerSchema = z.object(described);

export const securityGroupSchema = z.object(described);

export const floatingIpSchema = z.object({
  id,
  description: z.string().nullable().optional(),
  floating_ip_address: z.string(),
  port_id: z.string().nullable(),
});

export const volumeSchema = z.object({
  id,
  name: z.string().nullable(),
  status: z.string(),
  size: z.number().default(0),
  metadata: z.record(z.string(), z.string()),
  attachments: z.array(z.object({ server_id: z.string() })).default([]),
});

export const volumeSnapshotSchema = z.object({
  id,
  name: z.string().nullable(),
  status: z.string(),
  /** GiB. */
  size: z.number(),
  volume_id: z.string(),
  metadata: z.record(z.string(), z.string()).default({}),
});

export const keypairSchema = z.object({ keypair: z.object({ name: z.string(), public_key: z.string() }) });

export const serverGroupSchema = z.object({ id, name: z.string() });

export const flavorSchema = z.object({
  id,
  name: z.string(),
  ram: z.number(),
  vcpus: z.number(),
  disk: z.number(),
  'OS-FLV-DISABLED:disabled': z.boolean().optional(),
});

/** Properties of images are members of them, whatever their names. */
export const imageSchema = z.looseObject({
  id,
  name: z.string().nullable(),
  status: z.string(),
  created_at: z.string(),
  min_disk: z.number().default(0),
  min_ram: z.number().default(0),
  size: z.number().nullable().optional(),
  virtual_size: z.number().nullable().optional(),
});

export type ServerResource = z.infer<typeof serverSchema>;
export type NetworkResource = z.infer<typeof networkSchema>;
export type SubnetResource = z.infer<typeof subnetSchema>;
export type FlavorResource = z.infer<typeof flavorSchema>;
export type ImageResource = z.infer<typeof imageSchema>;
