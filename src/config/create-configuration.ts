import { DEFAULT_CHECKPOINT } from './checkpoint-settings.js';
import { DEFAULT_ROOT } from '../filenames.js';
import { createCi } from './ci-schema.js';
import { DEFAULT_CAPACITY } from './capacity.js';
import { sourceFolder } from './anchor-paths.js';
import { DEFAULT_LAYERS } from './check-topology.js';
import { completeNetworkFlags } from './complete-network-flags.js';
import type { ConfigurationInput } from './configuration-schema.js';
import { DEFAULT_LEASE } from './check-lease.js';
import type { Configuration, NetworkFlags, PartialRoleSettings, TopologySettings } from './configuration.js';
import { createSecrets, createTasks } from './create-tasks.js';
import type { DriverSections } from './driver-section.js';
import { createNotify } from './notify-schema.js';
import { createRunner } from './runner-schema.js';
import { listEntries } from './list-entries.js';
import { mapValues } from './map-values.js';
import type { ProvisionFile } from './provision.js';
import { showPlace } from '../yaml/place.js';
import { treePlace, type Tree } from '../yaml/tree.js';

/** The pool, complete, as `checkWhole` has made sure. */
type Pool = { readonly [Key in keyof PoolInput]-?: NonNullable<PoolInput[Key]> };
type PoolInput = NonNullable<ConfigurationInput['address_pool']>;

/** Gives checked values the names they have in the program, and the defaults that do not depend on layers. */
export function createConfiguration(
  input: ConfigurationInput,
  tree: Tree,
  { cwd, drivers }: { readonly cwd: string; readonly drivers: DriverSections },
): Configuration {
  return {
    about: input.about ?? {},
    payload: input.payload,
    paths: { virtbsRoot: input.paths?.virtbs_root ?? DEFAULT_ROOT },
    jumpHost: input.jump_host ?? {},
    addressPool: createPool(input.address_pool as Pool),
    lease: { first: input.lease?.first ?? DEFAULT_LEASE.first, last: input.lease?.last ?? DEFAULT_LEASE.last },
    imageFlow: mapValues(input.image_flow ?? {}, (recipe) => recipe as Configuration['imageFlow'][string]),
    networkFlags: mapValues(input.network_flags ?? {}, createNetwork),
    machineMatrix: mapValues(input.machine_matrix ?? {}, (roles) => mapValues(roles, createRole)),
    capacity: createCapacity(input.capacity ?? {}),
    checkpoint: createCheckpoint(input.checkpoint ?? {}),
    notify: chooseNotify(input, drivers),
    driver: input.driver,
    drivers: createDrivers(input, drivers),
    slice: input.slice,
    topology: createTopology(input.topology),
    do: createDo(input.do),
    tasks: createTasks(input.tasks ?? {}, (task) => sourceFolder(treePlace(tree, ['tasks', task]), cwd)),
    secrets: createSecrets(input.secrets ?? {}),
    steering: {
      layers: input.steering?.layers ?? ['roles'],
      images: input.steering?.images ?? {},
      flavors: input.steering?.flavors ?? {},
    },
    ci: createCi(input.ci ?? {}),
    runner: createRunner(input.runner ?? {}),
    place: (path) => showPlace(treePlace(tree, path)),
    entries: () => listEntries(tree),
  };
}

function createPool(pool: Pool): Configuration['addressPool'] {
  return {
    ipv4Start: pool.ipv4_start,
    ipv4PoolPrefix: pool.ipv4_pool_prefix,
    ipv4SlicePrefix: pool.ipv4_slice_prefix,
    ipv4SubnetPrefix: pool.ipv4_subnet_prefix,
    macStart: pool.mac_start.toLowerCase(),
    macSliceExtraPower: pool.mac_slice_extra_power,
    ipv6Start: pool.ipv6_start.toLowerCase(),
  };
}

function chooseNotify(input: ConfigurationInput, { sections }: DriverSections): Configuration['notify'] {
  return (driver) => {
    const own = input[driver] === undefined ? undefined : sections[driver]?.notify?.(input[driver]);
    return own
      ? { key: `${driver}.notify`, settings: own }
      : { key: 'notify', settings: createNotify(input.notify ?? {}) };
  };
}

function createDrivers(input: ConfigurationInput, { sections }: DriverSections): Configuration['drivers'] {
  const own = Object.entries(sections).filter(([name]) => input[name] !== undefined);
  return Object.fromEntries(
    own.map(([name, section]) => [name, section.settings(input[name], { slice: input.slice })]),
  );
}

function createCapacity(input: NonNullable<ConfigurationInput['capacity']>): Configuration['capacity'] {
  return {
    memoryOvercommit: input.memory_overcommit ?? DEFAULT_CAPACITY.memoryOvercommit,
    vcpuOvercommit: input.vcpu_overcommit ?? DEFAULT_CAPACITY.vcpuOvercommit,
    diskOvercommit: input.disk_overcommit ?? DEFAULT_CAPACITY.diskOvercommit,
    reserveMemory: input.reserve_memory ?? DEFAULT_CAPACITY.reserveMemory,
    reserveDisk: input.reserve_disk ?? DEFAULT_CAPACITY.reserveDisk,
  };
}

function createCheckpoint(input: NonNullable<ConfigurationInput['checkpoint']>): Configuration['checkpoint'] {
  return {
    keep: input.keep ?? DEFAULT_CHECKPOINT.keep,
    memory: input.memory ?? DEFAULT_CHECKPOINT.memory,
    maxCount: input.max_count ?? DEFAULT_CHECKPOINT.maxCount,
    maxSize: input.max_size ?? DEFAULT_CHECKPOINT.maxSize,
  };
}

type NetworkInput = NonNullable<ConfigurationInput['network_flags']>[string];

function createNetwork(flags: NetworkInput): NetworkFlags {
  return completeNetworkFlags({
    id: flags.id,
    internetAccess: flags.internet_access,
    isolation: flags.isolation,
    hostAddress: flags.host_address,
    addressServing4: flags.address_serving_4,
    addressServing6: flags.address_serving_6,
    dns: flags.dns,
    mtu: flags.mtu,
    sameBridge: flags.same_bridge,
    labels: flags.labels,
  });
}

type RoleInput = NonNullable<ConfigurationInput['machine_matrix']>[string][string];

function createRole(role: RoleInput): PartialRoleSettings {
  const { memory, first_offset, max_count, virt_type, disks, files, ssh_keys, user_data, share, ...same } = role;
  return {
    ...same,
    memoryMiB: memory,
    firstOffset: first_offset,
    maxCount: max_count,
    virtType: virt_type,
    // `checkProvision` has seen to their paths.
    files: files as readonly ProvisionFile[] | undefined,
    sshKeys: ssh_keys,
    userData: user_data,
    share:
      share &&
      mapValues(share, (said) => {
        // `checkWhole` has seen to the source.
        const { source = '', read_only: readOnly = false } = typeof said === 'string' ? { source: said } : said;
        return { source, readOnly };
      }),
    disks:
      disks &&
      mapValues(disks, ({ size, image_slot, image_tag }) => ({
        sizeBytes: size,
        imageSlot: image_slot,
        imageTag: image_tag,
      })),
  };
}

function createDo(said: ConfigurationInput['do']): Configuration['do'] {
  return typeof said === 'string' ? [said] : said;
}

/** A topology in words is a section by now: see `spreadTopology`. */
function createTopology(topology: ConfigurationInput['topology']): TopologySettings | undefined {
  if (typeof topology !== 'object' || 'length' in topology) return undefined;
  const { layers, roles, vms } = topology;
  return {
    layers: layers ?? DEFAULT_LAYERS,
    roles: mapValues(roles ?? {}, (asked) => {
      const { count = 1, ...settings } = typeof asked === 'number' ? { count: asked } : asked;
      return { count, settings: createRole(settings) };
    }),
    vms: mapValues(vms ?? {}, ({ role, ...settings }) => ({ role, settings: createRole(settings) })),
  };
}
