import { renderSize } from '../../text/render-size.js';
import { networksMeet } from '../../address/networks-meet.js';
import { VirtbsError } from '../../errors.js';
import type { SlicePlan } from '../../plan/plan.js';
import type { SliceState } from '../types.js';
import { blockDevices, bootsFrom } from './block-devices.js';
import { checkQuotas } from './check-quotas.js';
import { checkZones } from './check-zones.js';
import { chooseFlavor } from './choose-flavor.js';
import { needsFloating, routedNetworks } from './create-ground.js';
import { findImages, cloudImageId, listImages } from './find-images.js';
import { findExternalNetwork, findNetwork } from './find-network.js';
import { listMarked } from './list-owned.js';
import { flavorSchema, type FlavorResource } from './resources.js';
import { roleSettings } from './role-settings.js';
import type { Site } from './site.js';
import { checkCopies } from './upload-image.js';

const MIB = 1024 ** 2;

/** Throws where the plan cannot be made beside what is there and will not be destroyed first. Changes nothing. */
export async function checkPlan(
  site: Site,
  plan: SlicePlan,
  { old, signal }: { readonly old: SliceState | undefined; readonly signal: AbortSignal },
): Promise<void> {
  signal.throwIfAborted();
  checkDisks(site, plan);
  const flavors = await site.cloud
    .service('compute')
    .list('/flavors/detail', 'flavors', { schema: flavorSchema, signal });
  const chosen = chooseFlavors(site, plan, flavors);
  await Promise.all([
    checkNames(site, plan, signal),
    checkNetworks(site, plan, signal),
    checkImages(site, plan, { chosen, old, signal }),
    checkQuotas(site, plan, { chosen, old, signal }),
    checkZones(site, plan, signal),
  ]);
}

type Chosen = ReadonlyMap<string, FlavorResource>;

/** Flavors by host name. */
function chooseFlavors(site: Site, plan: SlicePlan, flavors: readonly FlavorResource[]): Chosen {
  return new Map(
    plan.vms.map((vm) => {
      const settings = roleSettings(site.settings, vm.role);
      const { flavor, bootFromVolume = false } = settings;
      const volume = bootFromVolume || bootsFrom(blockDevices(settings, vm));
      return [vm.hostname, chooseFlavor(flavors, { vm, wanted: flavor, volume })];
    }),
  );
}

/** A server needs something to boot from, and disks beside that need volumes. */
function checkDisks({ cloud, settings }: Site, plan: SlicePlan): void {
  for (const vm of plan.vms) {
    const { role, disks } = vm;
    const own = roleSettings(settings, role);
    const { bootFromVolume = false } = own;
    const boots = bootsFrom(blockDevices(own, vm));
    if (!boots && (disks[0]?.slot ?? null) === null) {
      throw new VirtbsError(
        'plan-invalid',
        `role "${role}": its first disk has no image, and servers of a cloud boot from one`,
        {
          hint: 'give the disk an image_slot, or say openstack.roles.ROLE.block_devices with boot_index 0',
        },
      );
    }
    if ((disks.length > 1 || bootFromVolume) && !cloud.has('volume')) {
      throw new VirtbsError('plan-invalid', `role "${role}" needs volumes, and the cloud has no service for them`);
    }
  }
}

/** A name that another virtbs of the project has is no clash: ours are told from theirs by their marks. */
async function checkNames(site: Site, plan: SlicePlan, signal: AbortSignal): Promise<void> {
  const [servers, networks] = await Promise.all([
    listMarked(site, 'servers', signal),
    listMarked(site, 'networks', signal),
  ]);
  const foreignServers = new Set(servers.flatMap(({ mark, item }) => (mark ? [] : [item.name])));
  const foreignNetworks = new Set(networks.flatMap(({ mark, item }) => (mark ? [] : [item.name])));
  const taken =
    plan.vms.map(({ domain }) => domain).find((name) => foreignServers.has(name)) ??
    plan.networks.map(({ bridge }) => bridge).find((name) => foreignNetworks.has(name));
  if (taken === undefined) return;
  throw new VirtbsError(
    'name-taken',
    `"${taken}" exists in the cloud, and virtbs did not make it for slice ${plan.slice}`,
    {
      hint: 'rename or remove it, or choose another slice',
    },
  );
}

async function checkNetworks(site: Site, plan: SlicePlan, signal: AbortSignal): Promise<void> {
  const { settings } = site;
  const existing = plan.networks.flatMap(({ name }) => settings.networks[name] ?? []);
  await Promise.all(existing.map((name) => findNetwork(site, name, signal)));
  if (needsFloating(site) || routedNetworks(site, plan).size > 0) await findExternalNetwork(site, signal);
  const [subnets, networks] = await Promise.all([
    listMarked(site, 'subnets', signal),
    listMarked(site, 'networks', signal),
  ]);
  const foreign = subnets.filter(({ mark }) => mark === null);
  for (const { name, ipv4, ipv6 } of plan.networks.filter((network) => settings.networks[network.name] === undefined)) {
    for (const { cidr } of [ipv4, ipv6]) {
      const clash = foreign.find(({ item }) => networksMeet(item.cidr, cidr));
      if (!clash) continue;
      const holder = networks.find(({ item }) => item.id === clash.item.network_id)?.item.name ?? clash.item.network_id;
      throw new VirtbsError(
        'network-clash',
        `network "${name}" of slice ${plan.slice} (${cidr}) meets network "${holder}" of the cloud (${clash.item.cidr})`,
        { hint: 'choose another slice, or move address_pool.ipv4_start to a free range' },
      );
    }
  }
}

interface ImageCheck {
  readonly chosen: Chosen;
  readonly old: SliceState | undefined;
  readonly signal: AbortSignal;
}

/** Images that the cloud has may ask for more than a flavor gives; what is nowhere in it need not be fetched in vain. */
async function checkImages(site: Site, plan: SlicePlan, { chosen, old, signal }: ImageCheck): Promise<void> {
  const found = await findImages(site, plan, signal);
  // Those that stand may stay as they are.
  const added = plan.vms.filter(({ hostname }) => old?.vms.every((vm) => vm.hostname !== hostname) ?? true);
  const slots = new Set(added.flatMap(({ disks }) => disks.flatMap(({ slot }) => slot ?? [])));
  const copied = [...slots].filter((slot) => site.settings.images[slot] === undefined);
  if (found.size === 0 && (site.settings.upload || copied.length === 0)) return;
  const images = await listImages(site, signal);
  for (const slot of copied) checkCopies(site, slot, images);
  for (const vm of plan.vms) {
    const [disk] = vm.disks;
    const build = found.get(`${disk?.slot ?? ''}:${disk?.tag ?? 'default'}`);
    const image = build && images.find(({ id }) => id === cloudImageId(build));
    const flavor = chosen.get(vm.hostname);
    if (!image || !flavor) continue;
    const { bootFromVolume = false } = roleSettings(site.settings, vm.role);
    const small = image.min_ram > flavor.ram || (!bootFromVolume && flavor.disk > 0 && image.min_disk > flavor.disk);
    if (!small) continue;
    throw new VirtbsError(
      'plan-invalid',
      `role "${vm.role}": image "${image.name ?? image.id}" needs ${renderSize(image.min_ram * MIB)} and ${image.min_disk} GiB, flavor "${flavor.name}" has ${renderSize(flavor.ram * MIB)} and ${flavor.disk} GiB`,
      { hint: 'give the role more memory or a larger disk, or another flavor' },
    );
  }
}
