import * as z from 'zod';
import { VirtbsError } from '../../errors.js';
import { isCloudError } from '../../openstack/cloud-error.js';
import type { SlicePlan } from '../../plan/plan.js';
import type { SliceState } from '../types.js';
import { blockDevices, newVolumes } from './block-devices.js';
import { needsFloating, routedNetworks } from './create-ground.js';
import { diskGiB } from './choose-flavor.js';
import { listOwned } from './list-owned.js';
import type { FlavorResource } from './resources.js';
import { roleSettings } from './role-settings.js';
import type { Site } from './site.js';
import { sum } from '../../sum.js';

interface Quota {
  readonly what: string;
  /** The limit of the quota; below 0 there is none. */
  readonly limit: number;
  readonly used: number;
  readonly needed: number;
  /** The amount that the old slice gives back. */
  readonly returned: number;
}

export interface QuotaRequest {
  /** Flavors by host name. */
  readonly chosen: ReadonlyMap<string, FlavorResource>;
  readonly old: SliceState | undefined;
  readonly signal: AbortSignal;
}

/** @throws VirtbsError `quota-exceeded` with all that the project may not have any more */
export async function checkQuotas(site: Site, plan: SlicePlan, request: QuotaRequest): Promise<void> {
  const quotas = await Promise.all([
    computeQuotas(site, plan, request),
    networkQuotas(site, plan, request),
    volumeQuotas(site, plan, request),
  ]);
  const lacking = quotas
    .flat()
    .filter(({ limit, used, needed, returned }) => limit >= 0 && used - returned + needed > limit);
  if (lacking.length === 0) return;
  const lines = lacking.map(
    ({ what, limit, used, needed, returned }) =>
      `${what}: the slice needs ${needed}, the project may have ${limit} and has ${used}` +
      (returned > 0 ? `, ${returned} of it in the old slice` : ''),
  );
  throw new VirtbsError('quota-exceeded', lines.join('\n'), {
    hint: 'ask for fewer or smaller VMs, wipe another slice, or ask the operators of the cloud for more',
  });
}

const limitsSchema = z.object({
  limits: z.object({
    absolute: z.record(z.string(), z.unknown()).transform((limits) => {
      const number = (name: string, otherwise: number): number => {
        const value = limits[name];
        return typeof value === 'number' ? value : otherwise;
      };
      return (
        what: string,
        [limit, used]: readonly [limit: string, used: string],
        slice: Pick<Quota, 'needed' | 'returned'>,
      ): Quota => ({ what, limit: number(limit, -1), used: number(used, 0), ...slice });
    }),
  }),
});

async function computeQuotas(
  site: Site,
  { slice, vms }: SlicePlan,
  { chosen, signal }: QuotaRequest,
): Promise<readonly Quota[]> {
  const [{ limits }, servers] = await Promise.all([
    site.cloud.service('compute').request('GET', '/limits', { schema: limitsSchema, signal }),
    listOwned(site, 'servers', { slice, signal }),
  ]);
  const { absolute } = limits;
  const flavors = vms.flatMap(({ hostname }) => chosen.get(hostname) ?? []);
  const old = servers.map(({ item }) => item.flavor);
  return [
    absolute('servers', ['maxTotalInstances', 'totalInstancesUsed'], { needed: vms.length, returned: servers.length }),
    absolute('processors', ['maxTotalCores', 'totalCoresUsed'], {
      needed: sum(flavors.map(({ vcpus }) => vcpus)),
      returned: sum(old.map((flavor) => flavor?.vcpus ?? 0)),
    }),
    absolute('MiB of memory', ['maxTotalRAMSize', 'totalRAMUsed'], {
      needed: sum(flavors.map(({ ram }) => ram)),
      returned: sum(old.map((flavor) => flavor?.ram ?? 0)),
    }),
  ];
}

const quotaSchema = z.object({ limit: z.number(), used: z.number() });

const networkQuotaSchema = z.object({
  quota: z.object({
    network: quotaSchema.optional(),
    subnet: quotaSchema.optional(),
    port: quotaSchema.optional(),
    router: quotaSchema.optional(),
    floatingip: quotaSchema.optional(),
    security_group: quotaSchema.optional(),
  }),
});

async function networkQuotas(site: Site, plan: SlicePlan, { signal }: QuotaRequest): Promise<readonly Quota[]> {
  const { cloud, settings } = site;
  const filter = { slice: plan.slice, signal };
  const quota = await cloud
    .service('network')
    .request('GET', `/quotas/${cloud.projectId}/details.json`, { schema: networkQuotaSchema, signal })
    .catch(ignoreMissing);
  if (!quota) return [];
  const [networks, subnets, ports, routers, floatingIps, groups] = await Promise.all([
    listOwned(site, 'networks', filter),
    listOwned(site, 'subnets', filter),
    listOwned(site, 'ports', filter),
    listOwned(site, 'routers', filter),
    listOwned(site, 'floatingIps', filter),
    listOwned(site, 'securityGroups', filter),
  ]);
  const own = plan.networks.filter(({ name }) => settings.networks[name] === undefined);
  const routed = routedNetworks(site, plan).size;
  const reached = plan.vms.filter(({ accessAddress }) => accessAddress !== null).length;
  const floating = settings.access === 'floating' ? reached : Math.min(reached, 1);
  const of = (what: string, entry: z.infer<typeof quotaSchema> | undefined, needed: number, old: readonly unknown[]) =>
    entry ? [{ what, ...entry, needed, returned: old.length }] : [];
  const { network, subnet, port, router, floatingip, security_group } = quota.quota;
  return [
    of('networks', network, new Set(own.map(({ bridge }) => bridge)).size, networks),
    of('subnets', subnet, own.length * 2, subnets),
    of('ports', port, sum(plan.vms.map(({ interfaces }) => interfaces.length)) + own.length, ports),
    of('routers', router, routed > 0 ? 1 : 0, routers),
    of('floating addresses', floatingip, needsFloating(site) ? floating : 0, floatingIps),
    of('security groups', security_group, 1, groups),
  ].flat();
}

/** Clouds without that part of the network API do not say how much is used. */
function ignoreMissing(error: unknown): null {
  if (isCloudError(error, 403, 404)) return null;
  throw error;
}

async function volumeQuotas(site: Site, plan: SlicePlan, { signal }: QuotaRequest): Promise<readonly Quota[]> {
  const sizes = plan.vms.flatMap((vm) => {
    const settings = roleSettings(site.settings, vm.role);
    const volumes = settings.bootFromVolume === true ? vm.disks : vm.disks.slice(1);
    const own = volumes.map(({ sizeBytes }) => Math.max(1, diskGiB(sizeBytes)));
    return [...own, ...newVolumes(blockDevices(settings, vm))];
  });
  if (sizes.length === 0) return [];
  const [{ limits }, old] = await Promise.all([
    site.cloud.service('volume').request('GET', '/limits', { schema: limitsSchema, signal }),
    listOwned(site, 'volumes', { slice: plan.slice, signal }),
  ]);
  const { absolute } = limits;
  return [
    absolute('volumes', ['maxTotalVolumes', 'totalVolumesUsed'], { needed: sizes.length, returned: old.length }),
    absolute('GiB of volumes', ['maxTotalVolumeGigabytes', 'totalGigabytesUsed'], {
      needed: sum(sizes),
      returned: sum(old.map(({ item }) => item.size)),
    }),
  ];
}
