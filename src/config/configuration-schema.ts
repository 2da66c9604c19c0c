import { isAbsolute } from 'node:path';
import ipaddr from 'ipaddr.js';
import type { z } from 'zod';
import { CHECKPOINT_MODES } from '../checkpoint/checkpoint-settings.js';
import { DRIVER_NAMES } from '../known-drivers.js';
import { VirtbsError } from '../errors.js';
import { labels } from './labels.js';
import { distinct, flag, integer, leaf, list, oneOf, oneOrMany, size, text, unless } from './leaf.js';
import { knownMap, namedMap, type NamePattern } from './map.js';
import { DISK, HOST, LAYER, NETWORK, ROLE, SLOT, TAG } from './names.js';
import { openstackSchema } from './openstack-schema.js';
import { parseSize } from './parse-size.js';
import { showValue } from './show-value.js';

const MEBIBYTE = 1024 ** 2;
const LEAST_MEMORY = 32 * MEBIBYTE;

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
const guestPath = text('an absolute path', (value) => isAbsolute(value) && !value.endsWith('/'));

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
  scripts: list(unless(path, knownMap({ file: path, inline: words, arguments: list(words) }))),
  files: list(knownMap({ path: guestPath, source: path, content: words, mode: fileMode() })),
  packages: distinct(text('the name of a package', (value) => /^[A-Za-z0-9@][A-Za-z0-9@._+:=~/-]*$/.test(value))),
  size: size(),
  flatten: flag(),
  via: oneOf(['boot', 'virt-customize']),
  memory: leaf('a size', readMemory),
  vcpu: integer(1, 512),
  internet_access: flag(),
});

const recipe = knownMap({
  mini: knownMap({ size: size() }),
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

/** This machine as others reach it. */
const jumpHost = knownMap({
  address: text('a name or an address', (value) => /^[\da-z](?:[\da-z.:-]*[\da-z:])?$/i.test(value)),
  user: text('a user name', (value) => /^[\w.][\w.-]*\$?$/.test(value)),
  port: integer(1, 65_535),
});

const disk = knownMap({ size: size(), image_slot: name(SLOT), image_tag: name(TAG) });

/** What VMs of one role may differ in. */
const vm = {
  memory: leaf('a size', readMemory),
  vcpu: integer(1, 512),
  disks: namedMap(DISK, disk),
  labels,
  cache: oneOf(['unsafe', 'writeback', 'none', 'writethrough', 'directsync']),
  virt_type: oneOf(['auto', 'kvm', 'qemu']),
  graphics: oneOf(['none', 'vnc', 'spice']),
  boot: distinct(oneOf(['disk', 'network'])),
  wait: oneOf(['ssh', 'none']),
};

const roleKeys = { ...vm, nets: distinct(name(NETWORK)), first_offset: integer(2, 2 ** 24) };

const role = knownMap(roleKeys);

const count = integer(0, 999_999);

/** What a slice is to be, for a command line that does not say it: see `configuredTopology`. */
const topology = knownMap({
  layers: distinct(name(LAYER)),
  roles: namedMap(ROLE, unless(count, knownMap({ count, ...roleKeys }))),
  vms: namedMap(HOST, knownMap({ role: name(ROLE), ...vm })),
});

/** The names that steering files of osweint use, in ours. */
const steering = knownMap({
  layers: distinct(name(LAYER)),
  images: leaf('a map of image names to slots', readNames),
  flavors: leaf('a map of flavor names to roles', readNames),
});

const sliceNumber = integer(0, 2 ** 20);

/**
 * One file, or the whole: the shape of every value that is there. What must be there, and what must fit together, is known
 * only of the whole: see `checkWhole`.
 */
export const configurationSchema = knownMap({
  paths: knownMap({ virtbs_root: text('an absolute path', isAbsolute) }),
  jump_host: jumpHost,
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
  checkpoint: knownMap({ keep: oneOf(CHECKPOINT_MODES), max_count: integer(1, 10_000), max_size: size() }),
  topology,
  steering,
  driver: oneOf(DRIVER_NAMES),
  openstack: openstackSchema(jumpHost),
});

export type ConfigurationInput = z.output<typeof configurationSchema>;

function name({ what, pattern, allowed }: NamePattern) {
  return text(`a ${what} name (${allowed})`, (value) => pattern.test(value));
}

/** Hex digits, or where a list of digests is; what looks like digits must have the right number of them. */
function digest(digits: number) {
  const where = /^[a-z]+:\/\/.|\//i;
  return text(`${digits} hex digits, or the URL or path (with a "/") of a list of checksums`, (value) =>
    /^[\da-f]+$/i.test(value) ? value.length === digits : where.test(value),
  );
}

function factor() {
  return leaf('a number above 0', (value) =>
    typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined,
  );
}

/** Four octal digits in quotes: unquoted, YAML 1.1 and 1.2 read `0755` as two different numbers. */
function fileMode() {
  return text('a file mode in quotes, such as "0755"', (value) => /^0?[0-7]{3}$/.test(value));
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
