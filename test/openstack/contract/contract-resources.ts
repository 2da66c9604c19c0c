import * as z from 'zod';
import * as driver from '../../../src/driver/openstack/resources.js';

/** What the contract looks at of the services' objects beside what the driver does. Source: https://docs.openstack.org/api-ref/ */

export const serverSchema = driver.serverSchema.extend({
  /** 4 is off. */
  'OS-EXT-STS:power_state': z.number().nullish(),
  tags: z.array(z.string()).nullish(),
  tenant_id: z.string(),
  key_name: z.string().nullish(),
  /** Text where it was booted from a volume. */
  image: z.union([z.object({ id: z.string() }), z.literal('')]).nullish(),
  flavor: z.object({ original_name: z.string(), ram: z.number() }),
  addresses: z.record(
    z.string(),
    z.array(z.object({ addr: z.string(), version: z.number(), 'OS-EXT-IPS-MAC:mac_addr': z.string() })),
  ),
  server_groups: z.array(z.string()).nullish(),
});

export type Server = z.infer<typeof serverSchema>;

/** An item of `interfaceAttachments` of GET /servers/ID/os-interface. */
export const interfaceAttachmentSchema = z.object({ port_id: z.string(), mac_addr: z.string() });

/** The answer of the compute service to GET /limits. */
export const computeLimitsSchema = z.object({
  limits: z.object({
    absolute: z.object({
      maxTotalInstances: z.number(),
      maxTotalCores: z.number(),
      maxTotalRAMSize: z.number(),
      totalInstancesUsed: z.number(),
      totalCoresUsed: z.number(),
      totalRAMUsed: z.number(),
    }),
  }),
});

/** An item of `availabilityZoneInfo` of GET /os-availability-zone. */
export const availabilityZoneSchema = z.object({ zoneState: z.object({ available: z.boolean() }) });

export const networkSchema = driver.networkSchema.extend({
  project_id: z.string(),
  port_security_enabled: z.boolean(),
});

export const subnetSchema = driver.subnetSchema.extend({
  gateway_ip: z.string().nullish(),
  allocation_pools: z.array(z.object({ start: z.string(), end: z.string() })),
});

export const portSchema = driver.portSchema.extend({ status: z.string(), device_owner: z.string() });

export const routerSchema = driver.routerSchema.extend({
  external_gateway_info: z.object({ network_id: z.string() }).nullable(),
});

export const securityGroupSchema = driver.securityGroupSchema.extend({
  security_group_rules: z.array(z.object({ direction: z.string() })),
});

export const floatingIpSchema = driver.floatingIpSchema.extend({
  fixed_ip_address: z.string().nullish(),
  router_id: z.string().nullish(),
});

const quota = z.object({ limit: z.number(), used: z.number() });

/** The answer to GET /quotas/PROJECT/details.json. */
export const networkQuotaSchema = z.object({
  quota: z.object({
    network: quota,
    subnet: quota,
    port: quota,
    router: quota,
    floatingip: quota,
    security_group: quota,
  }),
});

/** An item of `extensions` of GET /extensions. */
export const extensionSchema = z.object({ alias: z.string() });

export const volumeSchema = driver.volumeSchema.extend({ attachments: z.array(z.unknown()) });

/** The answer of the volume service to GET /limits; -1 is no limit. */
export const volumeLimitsSchema = z.object({
  limits: z.object({
    absolute: z.object({
      maxTotalVolumes: z.number(),
      maxTotalVolumeGigabytes: z.number(),
      totalVolumesUsed: z.number(),
      totalGigabytesUsed: z.number(),
    }),
  }),
});
