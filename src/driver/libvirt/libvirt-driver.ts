import { stat } from 'node:fs/promises';
import { consolePath, slicePaths } from '../../filenames.js';
import { openLibvirt } from '../../libvirt/open-libvirt.js';
import { DEFAULT_CAPACITY } from '../../plan/capacity.js';
import type { Driver, DriverOptions } from '../types.js';
import { buildSlice } from './build-slice.js';
import { changePower } from './change-power.js';
import { checkPlan } from './check-plan.js';
import { readConsoleTail } from './console-tail.js';
import { destroySlice } from './destroy-slice.js';
import { inspectSlices, vmPower } from './inspect-slices.js';
import { explainLibvirt } from './libvirt-failure.js';
import { detectPlatform, type Platform } from './platform.js';
import { readUsage } from './read-usage.js';
import { removeFromSlice } from './remove-from-slice.js';

/** Calls in flight: as many as there are connections. A start holds one for as long as the emulator takes to come up. */
const CONNECTIONS = 8;

/**
 * VMs on this machine's libvirt.
 *
 * @throws VirtbsError `libvirt-missing`, `libvirt-unreachable`
 */
export async function openLibvirtDriver({
  connect,
  root,
  capacity = DEFAULT_CAPACITY,
}: DriverOptions): Promise<Driver> {
  const libvirt = await openLibvirt(connect, { connections: CONNECTIONS });
  let platform: Promise<Platform> | undefined;
  return {
    features: { console: true, guests: !isDouble(connect), snapshots: isDouble(connect) ? 'none' : 'memory' },

    async inspect({ slice }, { signal }) {
      const slices = await explainLibvirt('libvirt', () => inspectSlices(libvirt, signal));
      return slice === undefined ? slices : slices.filter((state) => state.slice === slice);
    },

    async check(plan, old, context) {
      const found = (platform ??= explainLibvirt('libvirt', () => detectPlatform(libvirt, context)));
      const options = { libvirt, root, old, local: !isDouble(connect), capacity };
      await Promise.all([found, explainLibvirt('libvirt', () => checkPlan(plan, options, context))]);
    },

    async destroy(slice, context, next) {
      await explainLibvirt('libvirt', () => destroySlice(libvirt, { slice, next }, context));
    },

    async build(request, context) {
      platform ??= explainLibvirt('libvirt', () => detectPlatform(libvirt, context));
      const options = { libvirt, platform: await platform, root };
      return await explainLibvirt('libvirt', () => buildSlice(request, options, context));
    },

    async runBuildVm(request, context) {
      platform ??= explainLibvirt('libvirt', () => detectPlatform(libvirt, context));
      const { runBuildVm } = await import('./run-build-vm.js');
      await runBuildVm(request, { connect, root, platform: await platform }, context);
    },

    async observe(vm, slice, { signal }) {
      const state = await explainLibvirt(vm.domain, () => libvirt.domainState(vm.uuid, signal));
      const log = await stat(consolePath(slicePaths(root, slice), vm.hostname)).catch(() => null);
      return { power: vmPower(state), consoleBytes: log?.size ?? 0 };
    },

    async consoleTail(vm, slice, lines) {
      return await readConsoleTail(consolePath(slicePaths(root, slice), vm.hostname), lines);
    },

    async power(vm, action, { signal }) {
      await explainLibvirt(vm.domain, () => changePower(libvirt, { uuid: vm.uuid, action }, signal));
    },

    async remove(what, slice, context) {
      await removeFromSlice(what, { libvirt, paths: slicePaths(root, slice) }, context);
    },

    async saveState(request, context) {
      const { saveState } = await import('./save-state.js');
      return await saveState(request, { libvirt, root }, context);
    },

    async restoreState(request, context) {
      const { restoreState } = await import('./restore-state.js');
      return await restoreState(request, { libvirt, root }, context);
    },

    async fingerprint(context) {
      platform ??= explainLibvirt('libvirt', () => detectPlatform(libvirt, context));
      const { readFingerprint } = await import('./read-fingerprint.js');
      const found = await platform;
      return await explainLibvirt('libvirt', () => readFingerprint(libvirt, found, context.signal));
    },

    async usage({ slice }, { signal }) {
      const options = { libvirt, root, slice, local: !isDouble(connect) };
      return await explainLibvirt('libvirt', () => readUsage(options, signal));
    },

    async [Symbol.asyncDispose]() {
      await libvirt[Symbol.asyncDispose]();
    },
  };
}

/** libvirt's test driver runs no guests, and knows nothing of this machine. */
function isDouble(connect: string): boolean {
  return connect.startsWith('test:');
}
