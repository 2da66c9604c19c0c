import { realpath, writeFile } from 'node:fs/promises';
import { VirtbsError } from '../../errors.js';
import { consolePath, slicePaths } from '../../filenames.js';
import { openCloud } from '../../openstack/open-cloud.js';
import { DEFAULT_OPENSTACK_SETTINGS, type OpenStackSettings } from './openstack-settings.js';
import { withOwnRoot } from '../with-own-root.js';
import type { Driver, DriverFeatures, DriverOptions, VmHandle, VmState, VmUsage } from '../types.js';
import { readServer } from './await-server.js';
import { createSlice } from './create-slice.js';
import { changePower } from './change-power.js';
import { checkPlan } from './check-plan.js';
import { destroySlice } from './destroy-slice.js';
import { findImages } from './find-images.js';
import { forgetKept } from './forget-kept.js';
import { inspectSlices, serverPower } from './inspect-slices.js';
import { listOthers } from './list-others.js';
import { listOwned } from './list-owned.js';
import { reachPlan } from './reach.js';
import { readConsole } from './read-console.js';
import { removeFromSlice } from './remove-from-slice.js';
import { restoreVms } from './restore-vms.js';
import { keepVms } from './keep-vms.js';
import { ownerOf, type Site } from './site.js';
import { checkCopy } from './upload-image.js';
import { readVmRecord } from './vm-record.js';

/** Milliseconds for which what a console said is good enough for seeing that a guest gets on. */
const CONSOLE_AGE = 3000;

/**
 * VMs as servers of an OpenStack cloud.
 *
 * @throws VirtbsError `config-invalid`, `cloud-sign-in`, `cloud-unreachable`
 */
export async function openOpenStackDriver(
  {
    root,
    environment = {},
    settings = DEFAULT_OPENSTACK_SETTINGS,
    emit = () => undefined,
    signal: opening = new AbortController().signal,
    clock,
  }: DriverOptions<OpenStackSettings>,
  features: DriverFeatures,
): Promise<Driver> {
  const cloud = await openCloud({
    ...(settings.cloud !== undefined && { cloud: settings.cloud }),
    environment: withSettings(environment, settings),
    emit,
    ...(clock && { clock }),
    signal: opening,
  });
  // A mark has the path that the root has by itself: of one that is too long it has a digest alone, which leads nowhere.
  const site: Site = { cloud, settings, root: await realpath(root).catch(() => root), owner: ownerOf(cloud) };
  const servers = new Map<string, string>();
  const consoles = new Map<string, { readonly read: number; readonly bytes: number }>();

  const serverId = async (vm: VmHandle, signal: AbortSignal): Promise<string | undefined> => {
    const known = servers.get(vm.uuid);
    if (known !== undefined) return known;
    for (const { item } of await listOwned(site, 'servers', { signal })) {
      const uuid = readVmRecord(item.metadata)?.plan.uuid;
      if (uuid !== undefined) servers.set(uuid, item.id);
    }
    return servers.get(vm.uuid);
  };

  const consoleBytes = async (id: string, signal: AbortSignal): Promise<number> => {
    const known = consoles.get(id);
    if (known && performance.now() - known.read < CONSOLE_AGE) return known.bytes;
    const bytes = Buffer.byteLength(await readConsole(site, { id, signal }));
    consoles.set(id, { read: performance.now(), bytes });
    return bytes;
  };

  return {
    features,
    site: cloud.name,

    async inspect({ slice }, { signal }) {
      signal.throwIfAborted();
      return await withOwnRoot(await inspectSlices(site, { slice, signal }), root);
    },

    async check(plan, old, { signal }) {
      await checkPlan(site, plan, { old, signal });
    },

    async destroy(slice, context) {
      servers.clear();
      await destroySlice(site, slice, context);
    },

    async listOthers(slice, context) {
      return await listOthers(site, slice, context);
    },

    async create(request, context) {
      servers.clear();
      return await createSlice(request, site, context);
    },

    async findImages(plan, { signal }) {
      return await findImages(site, plan, signal);
    },

    async checkImage(build, { signal }) {
      await checkCopy(site, build, signal);
    },

    async reach(plan, { signal }) {
      return await reachPlan(site, plan, signal);
    },

    async observe(vm, _slice, { signal }) {
      const id = await serverId(vm, signal);
      const server = id === undefined ? null : await readServer(site, id, signal);
      if (!server) return { power: 'off', consoleBytes: 0 };
      return { power: serverPower(server), consoleBytes: await consoleBytes(server.id, signal) };
    },

    async readConsole(vm, { signal }) {
      const id = await serverId(vm, signal);
      const text = id === undefined ? '' : await readConsole(site, { id, signal });
      // It may be another server by now.
      if (text === '') servers.delete(vm.uuid);
      return text;
    },

    async consoleTail(vm, slice, lines) {
      const { signal } = new AbortController();
      const id = await serverId(vm, signal);
      if (id === undefined) return [];
      const text = await readConsole(site, { id, signal });
      await writeFile(consolePath(slicePaths(root, slice), vm.hostname), text, { mode: 0o600 }).catch(() => undefined);
      return text.trimEnd().split('\n').slice(-lines);
    },

    async power(vm, action, { signal }) {
      const id = await serverId(vm, signal);
      if (id === undefined) throw new VirtbsError('cloud-failed', `${vm.hostname} has no server`);
      await changePower(site, { vm, id, action }, signal);
    },

    async remove(what, slice, context) {
      servers.clear();
      await removeFromSlice(site, what, { slice, context });
    },

    async keep(request, context) {
      return await keepVms(site, request, context);
    },

    async restore(request, context) {
      return await restoreVms(site, request, context);
    },

    async forgetKept(slice, kept, { signal }) {
      await forgetKept(site, { slice, kept, signal });
    },

    async fingerprint() {
      throw new VirtbsError('snapshot-unsupported', 'a cloud keeps no memory of servers');
    },

    async usage({ slice }, { signal }) {
      signal.throwIfAborted();
      const slices = await inspectSlices(site, { slice, signal });
      return {
        host: null,
        vms: slices.flatMap((state) => state.vms.map((vm) => ({ ...vmUsage(vm), slice: state.slice }))),
      };
    },

    async [Symbol.asyncDispose]() {
      await cloud[Symbol.asyncDispose]();
    },
  };
}

/** Lays the settings of the configuration over those of the environment. */
function withSettings(
  environment: NonNullable<DriverOptions['environment']>,
  { region, computeApiVersion }: OpenStackSettings,
): NonNullable<DriverOptions['environment']> {
  return {
    ...environment,
    ...(region !== undefined && { OS_REGION_NAME: region }),
    ...(computeApiVersion !== undefined && { OS_COMPUTE_API_VERSION: computeApiVersion }),
  };
}

/** Returns the usage of a VM, with zeros. Clouds report what a guest uses to operators only. */
function vmUsage({ domain, uuid, hostname, role, power, vcpu, memoryMiB }: VmState): Omit<VmUsage, 'slice'> {
  const sums = { cpuTimeNanoseconds: 0, receivedBytes: 0, sentBytes: 0, readBytes: 0, writtenBytes: 0 };
  return { domain, uuid, hostname, role, power, vcpu, memoryMiB, residentBytes: 0, diskBytes: 0, ...sums };
}
