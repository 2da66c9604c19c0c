import { isNewThisBoot } from './is-new-this-boot.js';
import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { consolePath, slicePaths } from '../../filenames.js';
import { openLibvirt } from '../../libvirt/open-libvirt.js';
import { DEFAULT_CAPACITY } from '../../config/capacity.js';
import type { SlicePlan } from '../../plan/plan.js';
import type { Driver, DriverFeatures, DriverOptions } from '../types.js';
import { createSlice } from './create-slice.js';
import { withOwnRoot } from '../with-own-root.js';
import { changePower } from './change-power.js';
import { checkPlan } from './check-plan.js';
import { readConsoleTail } from './console-tail.js';
import { destroySlice } from './destroy-slice.js';
import type { FindMappedHost, MappedHost } from './mapped-vms.js';
import { listSlices, readListing, vmPower, type Listing } from './inspect-slices.js';
import { explainLibvirt } from './libvirt-failure.js';
import { detectPlatform, type Platform } from './platform.js';
import { readUsage } from './read-usage.js';
import { removeFromSlice } from './remove-from-slice.js';
import { warnOfShares } from './warn-of-shares.js';

/** Calls in flight: as many as there are connections. A start holds one for as long as the emulator takes to come up. */
const CONNECTIONS = 8;
/** Milliseconds for which a list of domains and networks is taken for what there is. */
const LISTING_LIFE = 1000;

/**
 * VMs on this machine's libvirt.
 *
 * @throws VirtbsError `libvirt-missing`, `libvirt-unreachable`
 */
export async function openLibvirtDriver(
  { connect, root, capacity = DEFAULT_CAPACITY }: DriverOptions,
  features: DriverFeatures,
): Promise<Driver> {
  const libvirt = await openLibvirt(connect, { connections: CONNECTIONS });
  let platform: Promise<Platform> | undefined;
  const isNew = (warning: string): Promise<boolean> => isNewThisBoot(root, warning);
  /** What the last `inspect` has seen, for the `check` that follows it, and when. */
  let seen: { readonly listing: Listing; readonly time: number } | undefined;
  /** The networks that the last `destroy` has left for this plan. */
  let stood: { readonly plan: SlicePlan; readonly names: ReadonlySet<string> } | undefined;
  let mapped: Promise<MappedHost | null> | undefined;
  const findMappedHost: FindMappedHost = (paths, context) =>
    (mapped ??= (async () => {
      platform ??= explainLibvirt('libvirt', () => detectPlatform(libvirt, { ...context, isNew }));
      const { findMappedHost: find } = await import('./find-mapped-host.js');
      return await find({ libvirt, root, platform: await platform, paths }, context);
    })());
  return {
    features,
    site: hostname(),

    async inspect({ slice }, { signal }) {
      const listing = await explainLibvirt('libvirt', () => readListing(libvirt, signal));
      seen = { listing, time: performance.now() };
      const slices = await withOwnRoot(listSlices(listing), root);
      return slice === undefined ? slices : slices.filter((state) => state.slice === slice);
    },

    async check(plan, old, context) {
      const found = (platform ??= explainLibvirt('libvirt', () => detectPlatform(libvirt, { ...context, isNew })));
      const listing = seen && performance.now() - seen.time < LISTING_LIFE ? seen.listing : undefined;
      seen = undefined;
      const options = { libvirt, root, old, local: features.guests, capacity, platform: found, listing };
      await Promise.all([found, explainLibvirt('libvirt', () => checkPlan(plan, options, context))]);
      warnOfShares(plan, await found, context);
    },

    async destroy(slice, context, next) {
      stood = undefined;
      const names = await explainLibvirt('libvirt', () => destroySlice(libvirt, { slice, next }, context));
      stood = next && { plan: next, names };
    },

    async create(request, context) {
      const standing = stood?.plan === request.plan ? stood.names : undefined;
      stood = undefined;
      platform ??= explainLibvirt('libvirt', () => detectPlatform(libvirt, { ...context, isNew }));
      const options = { libvirt, platform: await platform, root, findMappedHost, standing };
      return await explainLibvirt('libvirt', () => createSlice(request, options, context));
    },

    ...(features.unable['build-vm'] === undefined && {
      async runBuildVm(request, context) {
        platform ??= explainLibvirt('libvirt', () => detectPlatform(libvirt, { ...context, isNew }));
        const { runBuildVm } = await import('./run-build-vm.js');
        await runBuildVm(request, { connect, root, platform: await platform }, context);
      },
    }),

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

    async keep(request, context) {
      const { keepVms } = await import('./keep-vms.js');
      return await keepVms(request, { libvirt, root, findMappedHost }, context);
    },

    async restore(request, context) {
      const { restoreVms } = await import('./restore-vms.js');
      return await restoreVms(request, { libvirt, root, findMappedHost }, context);
    },

    async fingerprint(context) {
      platform ??= explainLibvirt('libvirt', () => detectPlatform(libvirt, { ...context, isNew }));
      const { readFingerprint } = await import('./read-fingerprint.js');
      const found = await platform;
      return await explainLibvirt('libvirt', () => readFingerprint(libvirt, found, context.signal));
    },

    async usage({ slice }, { signal }) {
      const options = { libvirt, root, slice, local: features.guests };
      return await explainLibvirt('libvirt', () => readUsage(options, signal));
    },

    async [Symbol.asyncDispose]() {
      await libvirt[Symbol.asyncDispose]();
    },
  };
}
