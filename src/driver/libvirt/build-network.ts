import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { networksMeet } from '../../address/networks-meet.js';
import { VirtbsError } from '../../errors.js';
import type { VirtbsEvent } from '../../events.js';
import { BUILD_NETWORKS, buildNetworkLock } from '../../filenames.js';
import { isSameFolder } from '../../files/is-same-folder.js';
import { lockFile } from '../../files/lock-file.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import { buildNetworkPlan, buildNetworkXml, type BuildNetworkPlan } from './build-network-xml.js';
import { devicePath, readHostRoutes } from '../../host/host-routes.js';
import { explainLibvirt } from './libvirt-failure.js';
import { METADATA_NAMESPACE, parseBuildMetadata, type BuildOwnership } from './metadata.js';

export interface BuildNetworkOptions {
  readonly libvirt: LibvirtPool;
  readonly ownership: BuildOwnership;
  readonly internetAccess: boolean;
  readonly emit: (event: VirtbsEvent) => void;
  readonly signal: AbortSignal;
}

/** A network that stands until it is disposed. */
export type BuildNetwork = BuildNetworkPlan & AsyncDisposable;

/** Milliseconds between two looks for one that has become free. */
const RETRY_INTERVAL = 500;

/**
 * Makes a network for one build VM, the first of a few that nobody uses: its lock dies with its process, so whoever holds it may
 * remove what is left of the last one. Where all are in use one is waited for.
 *
 * @throws VirtbsError `network-clash` where all are taken by others; `cancelled`, `libvirt-failed`
 */
export async function makeBuildNetwork(options: BuildNetworkOptions): Promise<BuildNetwork> {
  for (let told = false; ; told = true) {
    let waiting = false;
    for (let index = 0; index < BUILD_NETWORKS; index++) {
      const lock = await tryLock(index, options);
      waiting ||= lock === null;
      const network = lock && (await takeNetwork(lock, buildNetworkPlan(index), options));
      if (network) return network;
    }
    if (!waiting) throw noneFree();
    if (!told) {
      const holder = `${BUILD_NETWORKS} images are being made at most at once`;
      options.emit({ type: 'lock-wait', what: `a network for image ${options.ownership.slot}`, holder });
    }
    await sleep(RETRY_INTERVAL, undefined, { signal: options.signal });
  }
}

async function tryLock(
  index: number,
  { ownership: { root, slot }, signal }: BuildNetworkOptions,
): Promise<AsyncDisposable | null> {
  try {
    return await lockFile(buildNetworkLock(root, index), { holder: `building image ${slot}`, signal, timeout: 0 });
  } catch (error) {
    if (error instanceof VirtbsError && error.code === 'locked') return null;
    throw error;
  }
}

/** The network under the lock, which is freed with it; null where others are in the way. */
async function takeNetwork(
  lock: AsyncDisposable,
  plan: BuildNetworkPlan,
  { libvirt, ownership, internetAccess, signal }: BuildNetworkOptions,
): Promise<BuildNetwork | null> {
  try {
    if (await clearWay(plan, { libvirt, ownership, signal })) {
      const xml = buildNetworkXml(plan, ownership, internetAccess);
      await explainLibvirt(`network ${plan.name}`, () => libvirt.runNetwork(xml, signal));
      return {
        ...plan,
        async [Symbol.asyncDispose]() {
          await using _lock = lock;
          // Where that fails the next one with this lock removes it.
          await libvirt.destroyNetwork(plan.name).catch(() => undefined);
        },
      };
    }
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
  await lock[Symbol.asyncDispose]();
  return null;
}

/** Removes what a process that was killed has left; false where something is there that is not ours. */
async function clearWay(
  { name, bridge, cidr }: BuildNetworkPlan,
  { libvirt, ownership: { root }, signal }: Pick<BuildNetworkOptions, 'libvirt' | 'ownership' | 'signal'>,
): Promise<boolean> {
  const isOurs = async ({ metadata }: { readonly metadata: string | null }): Promise<boolean> => {
    const built = metadata === null ? null : parseBuildMetadata(metadata);
    return built !== null && (await isSameFolder(built.root, root));
  };
  const [domains, networks] = await explainLibvirt('libvirt', () =>
    Promise.all([libvirt.listDomains(METADATA_NAMESPACE, signal), libvirt.listNetworks(METADATA_NAMESPACE, signal)]),
  );
  const oldDomains = domains.filter((each) => each.name === name);
  const oldNetworks = networks.filter((each) => each.name === name || each.bridge === bridge);
  if ((await Promise.all([...oldDomains, ...oldNetworks].map(isOurs))).includes(false)) return false;
  await explainLibvirt(`what is left of ${name}`, async () => {
    for (const { uuid } of oldDomains) await libvirt.destroyDomain(uuid);
    for (const { uuid } of oldNetworks) await libvirt.destroyNetwork(uuid);
  });
  if (existsSync(devicePath(bridge))) return false;
  const routes = await readHostRoutes();
  return !routes.some((route) => networksMeet(route.cidr, cidr));
}

function noneFree(): VirtbsError {
  const { name, cidr } = buildNetworkPlan(0);
  return new VirtbsError(
    'network-clash',
    `no network is free for a build: names from "${name}" on or addresses from ${cidr} on are taken by others`,
    { hint: 'see virsh net-list --all and ip route, and remove what is not needed' },
  );
}
