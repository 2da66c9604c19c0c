import * as z from 'zod';

const tags = z.array(z.string()).default([]);
const fixedIp = z.object({ subnet_id: z.string(), ip_address: z.string() });

/** What is used of networks and what is on them. Source: https://docs.openstack.org/api-ref/network/v2/ */
export const networkSchema = z.object({
  id: z.string(),
  name: z.string(),
  project_id: z.string(),
  status: z.string(),
  description: z.string().default(''),
  mtu: z.number().nullish(),
  subnets: z.array(z.string()).default([]),
  shared: z.boolean().default(false),
  'router:external': z.boolean().default(false),
  port_security_enabled: z.boolean().optional(),
  availability_zone_hints: z.array(z.string()).default([]),
  tags,
  created_at: z.string().nullish(),
});

export type Network = z.infer<typeof networkSchema>;

export const subnetSchema = z.object({
  id: z.string(),
  name: z.string(),
  project_id: z.string(),
  network_id: z.string(),
  description: z.string().default(''),
  ip_version: z.union([z.literal(4), z.literal(6)]),
  cidr: z.string(),
  gateway_ip: z.string().nullish(),
  enable_dhcp: z.boolean(),
  allocation_pools: z.array(z.object({ start: z.string(), end: z.string() })).default([]),
  dns_nameservers: z.array(z.string()).default([]),
  ipv6_ra_mode: z.string().nullish(),
  ipv6_address_mode: z.string().nullish(),
  tags,
});

export type Subnet = z.infer<typeof subnetSchema>;

export const portSchema = z.object({
  id: z.string(),
  name: z.string(),
  project_id: z.string(),
  network_id: z.string(),
  description: z.string().default(''),
  mac_address: z.string(),
  fixed_ips: z.array(fixedIp).default([]),
  /** `ACTIVE`, `DOWN`, `BUILD`, `ERROR`. */
  status: z.string(),
  /** The server, router or agent that it is of. */
  device_id: z.string().default(''),
  /** `compute:nova`, `network:router_interface`, `network:dhcp`, … */
  device_owner: z.string().default(''),
  security_groups: z.array(z.string()).default([]),
  port_security_enabled: z.boolean().optional(),
  tags,
});

export type Port = z.infer<typeof portSchema>;

export const routerSchema = z.object({
  id: z.string(),
  name: z.string(),
  project_id: z.string(),
  status: z.string(),
  description: z.string().default(''),
  external_gateway_info: z
    .object({ network_id: z.string(), external_fixed_ips: z.array(fixedIp).default([]) })
    .nullish(),
  tags,
});

export type Router = z.infer<typeof routerSchema>;

export const securityGroupRuleSchema = z.object({
  id: z.string(),
  direction: z.string(),
  ethertype: z.string(),
  protocol: z.string().nullish(),
  port_range_min: z.number().nullish(),
  port_range_max: z.number().nullish(),
  remote_ip_prefix: z.string().nullish(),
  remote_group_id: z.string().nullish(),
});

export const securityGroupSchema = z.object({
  id: z.string(),
  name: z.string(),
  project_id: z.string(),
  description: z.string().default(''),
  security_group_rules: z.array(securityGroupRuleSchema).default([]),
  tags,
});

export type SecurityGroup = z.infer<typeof securityGroupSchema>;

export const floatingIpSchema = z.object({
  id: z.string(),
  project_id: z.string(),
  description: z.string().default(''),
  floating_ip_address: z.string(),
  floating_network_id: z.string(),
  fixed_ip_address: z.string().nullish(),
  port_id: z.string().nullish(),
  router_id: z.string().nullish(),
  status: z.string(),
  tags,
});

export type FloatingIp = z.infer<typeof floatingIpSchema>;

const quota = z.object({ limit: z.number(), used: z.number(), reserved: z.number().default(0) });

/** The answer to GET /quotas/PROJECT/details.json; a limit of -1 is none. */
export const networkQuotaSchema = z.object({
  quota: z.object({
    network: quota,
    subnet: quota,
    port: quota,
    router: quota,
    floatingip: quota,
    security_group: quota,
    security_group_rule: quota,
  }),
});

export type NetworkQuota = z.infer<typeof networkQuotaSchema>['quota'];

/** An item of `extensions` of GET /extensions. */
export const extensionSchema = z.object({ alias: z.string() });
