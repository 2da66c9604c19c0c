import { basename, dirname } from 'node:path';
import type { Driver, VmState } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import { OUTPUT_NAMES, slicePaths, type SlicePaths } from '../filenames.js';
import { hasLogin } from '../output/ssh-config.js';
import { localInventory, localVars, type Inventory, type InventoryHost } from '../output/inventory.js';
import type { SlicePlan } from '../plan/plan.js';
import { readSliceRecord } from './slice-record.js';
import { readSlice, reachedPlan } from './standing-slice.js';

export interface ReadInventoryOptions {
  readonly slice: number;
  readonly driver: Driver;
  /** The root of a slice that does not exist. */
  readonly root: string;
  /** The folder of the known hosts, unless the slice's record names another. */
  readonly outputDirectory: string;
}

/** The VMs of the slice that run now and can be logged in to, as the hypervisor has them; changes nothing. */
export async function readInventory(options: ReadInventoryOptions, context: VerbContext): Promise<Inventory> {
  const { slice, driver, outputDirectory } = options;
  if (driver.features.standing) {
    const standing = await readSlice(options, context);
    return localInventory(standing.plan, { ...standing, paths: slicePaths(standing.state.root, slice) });
  }
  const [state] = await driver.inspect({ slice }, context);
  const paths = slicePaths(state?.root ?? options.root, slice);
  const place = { paths, outputDirectory: (await recordedFolder(paths, slice)) ?? outputDirectory };
  const plan: SlicePlan = { version: 1, slice, networks: [], vms: state?.vms.flatMap((vm) => vm.plan ?? []) ?? [] };
  const reached = await reachedPlan(driver, plan, context);
  const running = state?.vms.filter(({ power }) => power === 'running') ?? [];
  const names = new Set(running.map(({ hostname }) => hostname));
  const runs = ({ hostname }: Pick<VmState, 'hostname'>): boolean => names.has(hostname);
  if (reached.access) return localInventory({ ...reached, vms: reached.vms.filter(runs) }, place);
  return { slice, hosts: running.flatMap(inventoryHost), vars: localVars(slice, place) };
}

/** The folder that `cycle` wrote the known hosts to. */
async function recordedFolder(paths: SlicePaths, slice: number): Promise<string | undefined> {
  const { files } = await readSliceRecord(paths);
  const path = files.findLast((file) => basename(file) === OUTPUT_NAMES.knownHosts(slice));
  return path === undefined ? undefined : dirname(path);
}

function inventoryHost({ hostname, domain, role, offset, accessAddress, plan }: VmState): readonly InventoryHost[] {
  if (accessAddress === null || !hasLogin({ accessAddress, wait: plan?.wait ?? 'ssh' })) return [];
  const { interfaces = [], labels = {} } = plan ?? {};
  return [{ hostname, domain, role, offset, accessAddress, interfaces, labels }];
}
