import { writeFile } from 'node:fs/promises';
import { VirtbsError } from '../../errors.js';
import { consolePath, slicePaths } from '../../filenames.js';
import { imageName } from '../../image/image-name.js';
import type { VmPlan } from '../../plan/plan.js';
import { runPhase } from '../../run-phase.js';
import type { CreateRequest, DriverContext, VmOutcome } from '../types.js';
import { vmImages } from '../vm-images.js';
import { awaitServer, LostServerError } from './await-server.js';
import { addBastionAddress } from './add-bastion-address.js';
import { blockDevices, bootsFrom } from './block-devices.js';
import { chooseFlavor } from './choose-flavor.js';
import { createFloatingIp, createPorts } from './create-ports.js';
import { createGround, type Ground } from './create-ground.js';
import { createServer } from './create-server.js';
import { createServerGroups } from './create-server-groups.js';
import { createVolumes } from './create-volumes.js';
import { listMarked, listOwned } from './list-owned.js';
import { markOf, type Site } from './site.js';
import { readConsole } from './read-console.js';
import { accessInterface } from './reach.js';
import { partDomain } from './part-name.js';
import { removeVms } from './remove-vms.js';
import type { FlavorResource } from './resources.js';
import { flavorSchema } from './resources.js';
import { settleAll } from '../../settle-all.js';
import { roleSettings } from './role-settings.js';
import { createUploader, type UploadImage } from './upload-image.js';

const CONSOLE_LINES = 12;

/** Makes what VMs stand on, then ports and servers of all VMs at once. Of a VM that fails nothing is left. */
export async function createSlice(
  request: CreateRequest,
  site: Site,
  context: DriverContext,
): Promise<readonly VmOutcome[]> {
  const { plan, only } = request;
  const { emit, signal } = context;
  signal.throwIfAborted();
  const mark = markOf(request, site);
  const asked = plan.vms.filter(({ hostname }) => only?.has(hostname) ?? true);
  const filter = { slice: plan.slice, signal };
  const [ground, flavors, servers, ports, volumes, groups] = await Promise.all([
    runPhase(emit, 'networks', () => createGround(site, plan, mark, signal)),
    site.cloud.service('compute').list('/flavors/detail', 'flavors', { schema: flavorSchema, signal }),
    listMarked(site, 'servers', signal),
    listOwned(site, 'ports', filter),
    listOwned(site, 'volumes', filter),
    createServerGroups(site, asked, mark, signal),
  ]);
  const parts = new Set([...ports, ...volumes].map(({ item }) => partDomain(item.name)));
  const upload = createUploader(site, context);
  const common = { request, ground, flavors, servers, parts, groups, upload, ...context };
  return await runPhase(emit, 'vms', async () => {
    const outcomes = await settleAll(asked.map((vm) => createVm(site, vm, common)));
    const failed = new Set(outcomes.flatMap(({ vm, error }) => (error === null ? [] : [vm])));
    await addBastionAddress(site, { ...plan, vms: plan.vms.filter((vm) => !failed.has(vm)) }, { ground, mark, signal });
    return outcomes;
  });
}

interface VmCreation extends DriverContext {
  readonly request: CreateRequest;
  readonly ground: Ground;
  readonly flavors: readonly FlavorResource[];
  readonly servers: Awaited<ReturnType<typeof listMarked<'servers'>>>;
  /** The domains whose ports and volumes the slice has. */
  readonly parts: ReadonlySet<string>;
  /** Server groups by role. */
  readonly groups: ReadonlyMap<string, string>;
  readonly upload: UploadImage;
}

async function createVm(site: Site, vm: VmPlan, creation: VmCreation): Promise<VmOutcome> {
  const { signal, request } = creation;
  try {
    await removeTwins(site, vm, creation);
    await makeVm(site, vm, creation);
    return { vm, error: null };
  } catch (error) {
    const console = error instanceof LostServerError ? error.console : [];
    // Who interrupts does not want to wait for a cloud: what is there is for the next `wipe`.
    if (signal.aborted || !(error instanceof Error)) throw error;
    await removeVms(site, { slice: request.plan.slice, domains: [vm.domain] }, signal).catch(() => undefined);
    return { vm, error, console };
  }
}

const NEVER = new AbortController().signal;

/** Removes what a run that was killed left of the VM, also ports and volumes without a server. @throws VirtbsError `name-taken` where a server of that name is not ours */
async function removeTwins(site: Site, vm: VmPlan, { servers, parts, request, signal }: VmCreation): Promise<void> {
  const { slice } = request.plan;
  const twins = servers.filter(({ item }) => item.name === vm.domain);
  if (twins.some(({ mark }) => mark === null)) {
    throw new VirtbsError('name-taken', `a server named "${vm.domain}" exists, and virtbs did not make it`, {
      hint: 'rename it, or choose another slice',
    });
  }
  const stands = twins.some(({ mark }) => mark?.owner === site.owner);
  if (stands || parts.has(vm.domain)) {
    await removeVms(site, { slice, domains: [vm.domain] }, signal);
  }
}

/** A server that was lost on its way is tried once more. */
async function makeVm(site: Site, vm: VmPlan, creation: VmCreation): Promise<void> {
  const { request, emit, signal } = creation;
  const images = await imagesOf(vm, creation);
  try {
    await makeServer(site, vm, { ...creation, images });
  } catch (error) {
    if (!(error instanceof LostServerError) || signal.aborted) throw error;
    emit({ type: 'warning', message: `${error.message}: it is made once more` });
    await removeVms(site, { slice: request.plan.slice, domains: [vm.domain] }, signal);
    await makeServer(site, vm, { ...creation, images });
  }
  emit({ type: 'vm', hostname: vm.hostname, phase: 'started' });
}

/** The ids of the cloud's images, by the names of the disks that are cloned from them. */
async function imagesOf(vm: VmPlan, { request, upload }: VmCreation): Promise<ReadonlyMap<string, string>> {
  const found = await Promise.all(
    vm.disks.map(async ({ name, slot, tag }) => {
      const build = slot === null ? undefined : await request.images.get(imageName(slot, tag));
      return build ? [[name, await upload(build)] as const] : [];
    }),
  );
  return new Map(found.flat());
}

async function makeServer(
  site: Site,
  vm: VmPlan,
  creation: VmCreation & { readonly images: ReadonlyMap<string, string> },
): Promise<void> {
  const { request, ground, flavors, groups, images, signal } = creation;
  const { plan } = request;
  const mark = markOf(request, site);
  const settings = roleSettings(site.settings, vm.role);
  const seed = request.seeds.get(vm.hostname);
  if (!seed) throw new Error(`no seed was made for ${vm.hostname}`);
  const given = blockDevices(settings, vm);
  const boots = bootsFrom(given);
  const volume = settings.bootFromVolume === true || boots;
  const [first] = vm.disks;
  const [[image], ports, volumes] = await Promise.all([
    vmImages(vm, request),
    createPorts(site, { vm, ground, mark, signal }),
    createVolumes(site, {
      vm,
      images,
      boot: settings.bootFromVolume === true && !boots,
      volumeType: settings.volumeType,
      mark,
      signal,
    }),
  ]);
  // A guest may look for its way out as soon as it boots.
  const external = await ground.external;
  const id = await createServer(site, {
    vm,
    mark,
    seed,
    settings,
    flavor: chooseFlavor(flavors, { vm, wanted: settings.flavor, volume }).id,
    image: volume ? null : (images.get(first?.name ?? '') ?? null),
    imageName: image ? `${image.slot}/${image.build}` : null,
    ports,
    existing: plan.networks.filter(
      ({ name }) =>
        ground.networks.get(name)?.existing === true && vm.interfaces.some(({ network }) => network === name),
    ),
    blockDevices: [...volumes, ...given],
    keypair: ground.keypair,
    zone: zoneOf(vm, plan.vms, settings.availabilityZones),
    group: groups.get(vm.role),
    signal,
  });
  const access = vm.interfaces.findIndex((nic) => nic === accessInterface(vm));
  const port = ports[access];
  if (external !== null && port !== undefined && site.settings.access === 'floating') {
    await createFloatingIp(site, { external, port, mark, signal });
  }
  await writeFile(consolePath(slicePaths(site.root, plan.slice), vm.hostname), '', { mode: 0o600 });
  try {
    await awaitServer(site, { id, name: vm.hostname, wanted: 'ACTIVE', signal });
  } catch (error) {
    if (error instanceof LostServerError) error.console = await lastLines(site, id);
    throw error;
  }
}

/** Servers of a role are spread over its zones, one after the other. */
function zoneOf(vm: VmPlan, all: readonly VmPlan[], zones: readonly string[] = []): string | undefined {
  const index = all.filter(({ role }) => role === vm.role).findIndex(({ hostname }) => hostname === vm.hostname);
  return zones.length === 0 ? undefined : zones[index % zones.length];
}

async function lastLines(site: Site, id: string): Promise<readonly string[]> {
  const output = await readConsole(site, { id, lines: CONSOLE_LINES, signal: NEVER }).catch(() => '');
  return output.split('\n').filter((line) => line.trim() !== '');
}
