import { isAbsolute } from 'node:path';
import ipaddr from 'ipaddr.js';
import type { z } from 'zod';
import { ciSchema } from './ci-schema.js';
import { runnerSchema } from './runner-schema.js';
import { CHECKPOINT_MODES, MEMORY_MODES } from './checkpoint-settings.js';
import { VirtbsError } from '../errors.js';
import type { DriverSections } from './driver-section.js';
import { jumpHostSchema } from './jump-host-schema.js';
import { labels } from './labels.js';
import {
  distinct,
  flag,
  integer,
  leaf,
  list,
  oneOf,
  oneOrMany,
  orList,
  size,
  SIZE,
  text,
  unless,
} from '../yaml/leaf.js';
import type { JsonSchema } from '../yaml/shape.js';
import { knownMap, namedMap } from '../yaml/map.js';
import type { NamePattern } from '../yaml/name-pattern.js';
import { firstBootKeys } from './first-boot-schema.js';
import { shareSchema } from './share-schema.js';
import { provisionKeys } from './provision-schema.js';
import { notifySchema } from './notify-schema.js';
import { DISK, LAYER, NETWORK, ROLE, SLOT, TAG, TASK, VM } from './names.js';
import { secretsSchema, taskSchema } from './task-schema.js';
import { readRoleWord, splitTopology } from './topology-words.js';
import { parseSize } from '../yaml/parse-size.js';
import { showValue } from '../yaml/show-value.js';

const MEBIBYTE = 1024 ** 2;
const LEAST_MEMORY = 32 * MEBIBYTE;
const MOST_SLICE = 2 ** 20;

const prefix = integer(8, 30);

const pool = knownMap({
  ipv4_start: text('an IPv4 address, such as 172.16.0.0', (value) => ipaddr.IPv4.isValidFourPartDecimal(value)),
  ipv4_pool_prefix: prefix,
  ipv4_slice_prefix: prefix,
  ipv4_subnet_prefix: prefix,
  mac_start: text('a MAC address, such as 52:54:00:00:00:00', (value) => /^[\da-f]{2}(?::[\da-f]{2}){5}$/i.test(value)),
  mac_slice_extra_power: integer(0, 24),
  ipv6_start: text(
    'an IPv6 address, such as fd00:aaaa::',
    (value) => ipaddr.IPv6.isValid(value) && !/[.%]/.test(value),
  ),
});

const location = text(
  'an http, https or file URL, or a path',
  (value) => value !== '' && /^(?:https?:|file:|(?![a-z]+:\/\/))/i.test(value),
);
const path = text('a path', (value) => value !== '' && !value.includes('\0'));
const words = text('text', (value) => !value.includes('\0'));

const memorySize = leaf('a size', readMemory, SIZE);

const download = knownMap({
  url: oneOrMany(location),
  sha256: digest(64),
  sha512: digest(128),
  signature: location,
  keyring: path,
  insecure: flag(),
  format: oneOf(['qcow2', 'raw']),
  compression: oneOf(['none', 'xz', 'gz', 'bz2', 'zst']),
  member: text('the path of a file in the archive', (value) => value !== '' && !value.endsWith('/')),
});

const customize = knownMap({
  base: name(SLOT),
  base_tag: name(TAG),
  ...provisionKeys,
  size: size(),
  flatten: flag(),
  via: oneOf(['boot', 'virt-customize']),
  memory: memorySize,
  vcpu: integer(1, 512),
  internet_access: flag(),
});

const recipe = knownMap({
  mini: knownMap({ size: size(), packages: provisionKeys.packages }),
  image_download: download,
  image_customize: customize,
  image_script: knownMap({ script: path, arguments: list(words), size: size() }),
  image_import: knownMap({}),
  labels,
});

const network = knownMap({
  id: integer(0, 2 ** 24),
  internet_access: flag(),
  isolation: flag(),
  host_address: flag(),
  address_serving_4: flag(),
  address_serving_6: flag(),
  dns: flag(),
  mtu: integer(576, 9216),
  same_bridge: name(NETWORK),
  labels,
});

const disk = knownMap({ size: size(), image_slot: name(SLOT), image_tag: name(TAG) });

/** The keys in which VMs of one role may differ. */
const vm = {
  memory: memorySize,
  vcpu: integer(1, 512),
  disks: namedMap(DISK, disk),
  labels,
  cache: oneOf(['unsafe', 'writeback', 'none', 'writethrough', 'directsync']),
  virt_type: oneOf(['auto', 'kvm', 'qemu']),
  graphics: oneOf(['none', 'vnc', 'spice']),
  boot: distinct(oneOf(['disk', 'network'])),
  wait: oneOf(['ssh', 'none']),
  ...firstBootKeys,
  share: shareSchema,
};

const roleKeys = {
  ...vm,
  nets: distinct(name(NETWORK)),
  first_offset: integer(2, 2 ** 24),
  max_count: integer(1, 999_999),
};

const role = knownMap(roleKeys);

const count = integer(0, 999_999);

const topologyVms = namedMap(VM, knownMap({ role: name(ROLE), ...vm }));

/** The slice to make where the command line does not say it: see `configuredTopology`. */
const topology = knownMap({
  layers: distinct(name(LAYER)),
  roles: namedMap(ROLE, unless(count, knownMap({ count, ...roleKeys }))),
  vms: topologyVms,
});

/** `controller:1 worker:2`, the roles of a topology in words. */
const topologyWords = leaf(
  'text such as controller:1 worker:2',
  (value) => {
    if (typeof value !== 'string') return undefined;
    const asked = splitTopology(value);
    for (const word of asked) readRoleWord(word);
    return asked.length === 0 ? undefined : value;
  },
  { type: 'string' },
);

/** `roles,debian` */
const layerWords = text('layers with commas between them, such as roles,debian', (value) =>
  value.split(',').every((layer) => LAYER.pattern.test(layer.trim())),
);

const doChoice = leaf(
  `true, false or a task name (${TASK.allowed})`,
  (value) =>
    typeof value === 'boolean' || (typeof value === 'string' && TASK.pattern.test(value)) ? value : undefined,
  { type: ['boolean', 'string'] },
);

const TEXTS: JsonSchema = { type: 'object', additionalProperties: { type: 'string' } };

/** The names that steering files of osweint use, in ours. */
const steering = knownMap({
  layers: distinct(name(LAYER)),
  images: leaf('a map of image names to slots', readNames, TEXTS),
  flavors: leaf('a map of flavor names to roles', readNames, TEXTS),
});

const sliceNumber = integer(0, MOST_SLICE);

const payloadName = text('a payload: a name, a folder or an address', (value) => value !== '' && !value.includes('\0'));

const about = knownMap({ title: words, disk: size(), minutes: integer(0, 10_000) });

const sections = {
  about,
  payload: payloadName,
  paths: knownMap({ virtbs_root: text('an absolute path', isAbsolute) }),
  jump_host: jumpHostSchema,
  address_pool: pool,
  lease: knownMap({ first: sliceNumber, last: sliceNumber }),
  image_flow: namedMap(SLOT, recipe),
  network_flags: namedMap(NETWORK, network),
  machine_matrix: namedMap(LAYER, namedMap(ROLE, role)),
  capacity: knownMap({
    memory_overcommit: factor(),
    vcpu_overcommit: factor(),
    disk_overcommit: factor(),
    reserve_memory: size(),
    reserve_disk: size(),
  }),
  checkpoint: knownMap({
    keep: oneOf(CHECKPOINT_MODES),
    memory: oneOf(MEMORY_MODES),
    max_count: integer(1, 10_000),
    max_size: size(),
  }),
  notify: notifySchema,
  slice: sliceNumber,
  layers: orList(layerWords, distinct(name(LAYER))),
  topology: unless(orList(topologyWords, list(topologyWords)), topology),
  vms: topologyVms,
  do: orList(doChoice, distinct(name(TASK))),
  tasks: taskSchema(provisionKeys.files, provisionKeys.packages),
  secrets: secretsSchema,
  steering,
  ci: ciSchema,
  runner: runnerSchema,
};

/** The values of all sections; those of drivers' sections are the drivers' own. */
export type ConfigurationInput = z.output<
  ReturnType<typeof knownMap<typeof sections & { driver: z.ZodType<string> }>>
> &
  Readonly<Record<string, unknown>>;

/**
 * One file, or the whole: the shape of every value that is there. What must be there, and what must fit together, is known
 * only of the whole: see `checkWhole`.
 */
export function configurationSchema(drivers: DriverSections): z.ZodType<ConfigurationInput> {
  const known = made.get(drivers);
  if (known) return known;
  const own = Object.entries(drivers.sections).map(([title, { schema }]) => [title, schema] as const);
  const schema = knownMap({ ...sections, driver: oneOf(drivers.names), ...Object.fromEntries(own) });
  made.set(drivers, schema);
  return schema;
}

/** A schema is compiled where it is first used. */
const made = new WeakMap<DriverSections, z.ZodType<ConfigurationInput>>();

function name({ what, pattern, allowed }: NamePattern) {
  return text(`a ${what} name (${allowed})`, (value) => pattern.test(value), pattern);
}

/** Hex digits, or where a list of digests is; what looks like digits must have the right number of them. */
function digest(digits: number) {
  const where = /^[a-z]+:\/\/.|\//i;
  return text(`${digits} hex digits, or the URL or path (with a "/") of a list of checksums`, (value) =>
    /^[\da-f]+$/i.test(value) ? value.length === digits : where.test(value),
  );
}

function factor() {
  return leaf(
    'a number above 0',
    (value) => (typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined),
    { type: 'number', exclusiveMinimum: 0 },
  );
}

function readMemory(value: unknown): number {
  const bytes = parseSize(value);
  if (bytes % MEBIBYTE === 0 && bytes >= LEAST_MEMORY) return bytes / MEBIBYTE;
  throw new VirtbsError('config-invalid', `${showValue(value)} is not a whole number of MiB, at least 32MiB`);
}

function readNames(value: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const named = Object.values(value).every((item) => typeof item === 'string');
  return named ? (value as Readonly<Record<string, string>>) : undefined;
}
