import { createAddressPool, type AddressPool } from '../address/address-pool.js';
import { allocateAddress } from '../address/allocate-address.js';
import type { Configuration, PartialRoleSettings, RoleSettings } from '../config/configuration.js';
import { mergeMaps } from '../config/merge-maps.js';
import { mergeRoles } from '../config/merge-roles.js';
import { countOf } from '../text/count-of.js';
import { unknownWord } from '../text/unknown-word.js';
import { VirtbsError } from '../errors.js';
import { domainName } from '../filenames.js';
import { assignOffsets } from './assign-offsets.js';
import { deriveUuid } from './derive-uuid.js';
import { diskProblems } from './disk-problems.js';
import { diskTarget } from './disk-target.js';
import { firstBootProblems } from './first-boot-problems.js';
import { hostName, hostNameProblem, ordinalName, ordinalOf, roleName } from './host-name.js';
import type { DiskPlan, FirstBootPlan, NetworkPlan, SlicePlan, VmPlan } from './plan.js';
import { planNetworks } from './plan-networks.js';
import type { AskedName, Member, RoleCount } from './topology.js';

export interface PlanRequest {
  readonly slice: number;
  /** Layers of role settings, merged left to right. */
  readonly layers: readonly string[];
  readonly topology: readonly RoleCount[];
  /** Settings of single VMs, by host name or number (`worker.2`), laid over those of their roles. */
  readonly vms?: Readonly<Record<string, PartialRoleSettings>>;
}

/** Bytes of a disk that says no size. */
const DEFAULT_DISK_SIZE = 10 * 1024 ** 3;

/**
 * The complete description of a slice. Pure: the same configuration and request give the same plan, everywhere.
 *
 * @throws VirtbsError `usage` for unknown layers and roles and a slice that does not fit, `plan-invalid` with every other problem
 *   and its place in the configuration
 */
export function makePlan(configuration: Configuration, request: PlanRequest): SlicePlan {
  const { slice, layers, topology, vms: single = {} } = request;
  const over = Object.fromEntries(topology.map(({ role, settings = {} }) => [role, settings]));
  const roles = mergeRoles(configuration, layers, over);
  assertNamesKnown(roles, Object.keys(configuration.imageFlow), { layers, topology });
  const pool = readyPool(configuration);
  assertSliceFits(pool, slice);
  const asked = topology.filter(({ count }) => count > 0);
  const requests = asked.map(({ role, count }) => ({ role, count, firstOffset: roles[role]?.firstOffset }));
  const { offsets, problems: offsetProblems } = assignOffsets(requests, pool.maxOffset);
  const used = asked.map(({ role }) => role);
  const { networks, problems: networkProblems } = planNetworks({ slice, pool, configuration, roles, used });

  const rolePlace = (role: string, key: string, ...below: readonly string[]): string => {
    const own = ['topology', 'roles', role, snakeCase(key), ...below];
    if (Object.entries(over[role] ?? {}).some(([name, value]) => name === key && value !== undefined)) {
      return configuration.place(own);
    }
    const layer = layers.findLast((name) => Object.hasOwn(configuration.machineMatrix[name]?.[role] ?? {}, key));
    return configuration.place(['machine_matrix', layer ?? layers.at(-1) ?? '', role, snakeCase(key), ...below]);
  };
  const problems = [
    ...countProblems(asked, roles).map(({ role, message }) => `${rolePlace(role, 'maxCount')}: ${role}: ${message}`),
    ...offsetProblems.map(({ role, message }) => `${rolePlace(role, 'firstOffset')}: ${role}: ${message}`),
    ...networkProblems.map(({ network, key, message }) => {
      const place = configuration.place(['network_flags', network, ...(key === null ? [] : [key])]);
      return `${place}: ${network}: ${message}`;
    }),
    ...nameProblems(used).map(({ role, message }) => `${rolePlace(role, 'nets')}: ${role}: ${message}`),
  ];
  if (problems.length === 0) {
    const vms = asked.flatMap((counted) => {
      const { role } = counted;
      const settings = roles[role];
      if (!settings) return [];
      return (offsets.get(role) ?? []).map((offset, index) => {
        const member = memberAt(counted, index);
        const hostname = member?.name ?? hostName(role, offset);
        const context = { slice, pool, networks, role, offset, hostname };
        const key = [hostname, ordinalOf(role, index + 1), `${role}.${index + 1}`].find((name) =>
          Object.hasOwn(single, name),
        );
        const own = key === undefined ? undefined : single[key];
        return vmPlan(vmSettings(settings, member, own), context);
      });
    });
    const place = (name: string): string => configuration.place(['topology', 'vms', name]);
    problems.push(
      ...singleProblems(vms, { single, topology: asked }).map(({ name, message }) => `${place(name)}: ${message}`),
    );
    problems.push(...imageProblems(asked, Object.keys(configuration.imageFlow)));
    problems.push(
      ...diskProblems(vms).map(({ role, disk, message }) => `${rolePlace(role, 'disks', disk)}: ${role}: ${message}`),
    );
    problems.push(
      ...firstBootProblems(vms).map(({ role, key, message }) => `${rolePlace(role, key)}: ${role}: ${message}`),
    );
    problems.push(...waitProblems(vms).map(({ role, message }) => `${rolePlace(role, 'wait')}: ${role}: ${message}`));
    if (problems.length === 0) return { version: 1, slice, networks, vms };
  }
  throw new VirtbsError('plan-invalid', problems.join('\n'), { hint: 'nothing was touched' });
}

/** Says of all roles, and with them of all images, that nobody knows them. */
function assertNamesKnown(
  roles: Readonly<Record<string, RoleSettings>>,
  slots: readonly string[],
  { layers, topology }: Pick<PlanRequest, 'layers' | 'topology'>,
): void {
  const known = Object.keys(roles);
  const unknown = topology.filter(({ role }) => !known.includes(role));
  if (unknown.length > 0) {
    const words = unknown.map(({ role, asked }) => sayUnknown('role', { name: role, known, asked }));
    const all = [...words, ...imageProblems(topology, slots)];
    throw new VirtbsError('usage', all.join('\n'), { hint: `roles of ${layers.join(',')}: ${known.join(', ')}` });
  }
  if (topology.every(({ count }) => count === 0)) {
    throw new VirtbsError('usage', 'topology: no VM is asked for', { hint: 'to end up with none, use wipe' });
  }
}

function readyPool(configuration: Configuration): AddressPool {
  const pool = createAddressPool(configuration.addressPool);
  if ('sliceCount' in pool) return pool;
  const lines = pool.map(
    ({ key, message }) => `${configuration.place(['address_pool', key])}: address_pool.${key}: ${message}`,
  );
  throw new VirtbsError('plan-invalid', lines.join('\n'), { hint: 'nothing was touched' });
}

function assertSliceFits({ sliceCount }: AddressPool, slice: number): void {
  if (slice < sliceCount) return;
  throw new VirtbsError('usage', `--slice ${slice} does not fit: the address pool has slices 0 to ${sliceCount - 1}`, {
    hint: 'choose a smaller number, or give address_pool more room',
  });
}

/** Roles of which more VMs are asked for than a slice can have. */
function countProblems(
  asked: readonly RoleCount[],
  roles: Readonly<Record<string, RoleSettings>>,
): readonly { readonly role: string; readonly message: string }[] {
  return asked.flatMap(({ role, count }) => {
    const most = roles[role]?.maxCount;
    if (most === undefined || count <= most) return [];
    return [{ role, message: `${countOf(count, 'VM')} are asked for, a slice has ${most} of them at most` }];
  });
}

/** Two roles of which host names and ssh aliases could not be told apart, or that DNS would refuse. */
function nameProblems(used: readonly string[]): readonly { readonly role: string; readonly message: string }[] {
  return used.flatMap((role) => {
    const refused = hostNameProblem(hostName(role, 0));
    if (refused !== null) return [{ role, message: refused }];
    const twin = used.find((other) => other < role && roleName(other) === roleName(role));
    return twin === undefined ? [] : [{ role, message: `its VMs would have the names of those of role "${twin}"` }];
  });
}

/** Members are the last VMs of their role. */
function memberAt({ count, members = [] }: RoleCount, index: number): Member | undefined {
  return members[index - (count - members.length)];
}

function vmSettings(
  settings: RoleSettings,
  member: Member | undefined,
  single: PartialRoleSettings | undefined,
): RoleSettings {
  const own = [member?.settings, single].filter((part) => part !== undefined);
  const merged = own.reduce<PartialRoleSettings>(mergeMaps, withImage(settings, member?.imageSlot));
  return merged as RoleSettings;
}

/** The settings with another image on the disk that has one, or on the first. */
function withImage(settings: RoleSettings, imageSlot: string | undefined): RoleSettings {
  const names = Object.keys(settings.disks);
  const name = names.find((disk) => settings.disks[disk]?.imageSlot !== undefined) ?? names[0];
  if (imageSlot === undefined || name === undefined) return settings;
  const disk = { ...settings.disks[name], imageSlot, imageTag: undefined };
  return { ...settings, disks: { ...settings.disks, [name]: disk } };
}

/** Images of members, whose names may come from elsewhere, that are no slots. */
function imageProblems(topology: readonly RoleCount[], slots: readonly string[]): readonly string[] {
  const asked = topology.flatMap(({ members = [] }) =>
    members.flatMap(({ imageSlot, imageAsked }) => (imageSlot === undefined ? [] : [[imageSlot, imageAsked] as const])),
  );
  const unknown = [...new Map(asked)].filter(([slot]) => !slots.includes(slot));
  return unknown.map(([slot, name]) => sayUnknown('slot', { name: slot, known: slots, asked: name }));
}

interface UnknownName {
  readonly name: string;
  readonly known: readonly string[];
  readonly asked: AskedName | undefined;
}

/** The words for a name that nobody knows; where it comes from another tool, with what maps such names to ours. */
function sayUnknown(what: 'role' | 'slot', { name, known, asked }: UnknownName): string {
  const words = unknownWord(`unknown ${what}`, name, known);
  if (asked === undefined) return `topology: ${words}`;
  return `${asked.place}: ${words}; say what it is here: ${asked.map}: {${JSON.stringify(name)}: ${what.toUpperCase()}}`;
}

/** Names of single VMs that no VM has or that mean one that has another there, and names that two of them would have. */
function singleProblems(
  vms: readonly VmPlan[],
  { single, topology }: { readonly single: Readonly<Record<string, unknown>>; readonly topology: readonly RoleCount[] },
): readonly { readonly name: string; readonly message: string }[] {
  const names = vms.map(({ hostname }) => hostname);
  const taken = new Set(['localhost', ...vms.flatMap(({ role, domain }) => [roleName(role), domain])]);
  const own = topology.flatMap(({ members = [] }) => members.flatMap(({ name }) => (name === undefined ? [] : [name])));
  const numbers = new Map(
    vms.flatMap((vm) => {
      const ordinal = ordinalName(vms, vm);
      return [ordinal, `${vm.role}${ordinal.slice(ordinal.lastIndexOf('.'))}`].map(
        (name) => [name, vm.hostname] as const,
      );
    }),
  );
  const hostOf = (name: string): string | undefined => (names.includes(name) ? name : numbers.get(name));
  const keys = Object.keys(single);
  return [
    ...keys
      .filter((name, index) => keys.slice(0, index).some((other) => hostOf(other) === (hostOf(name) ?? null)))
      .map((name) => ({ name, message: `"${name}" is ${hostOf(name)}, which has settings by another name` })),
    ...keys
      .filter((name) => hostOf(name) === undefined)
      .map((name) => ({
        name,
        message: `${unknownWord('there is no VM', name, names)}; for a further one say its "role"`,
      })),
    ...own
      .filter((name) => taken.has(name) || names.filter((other) => other === name).length > 1)
      .map((name) => ({ name, message: `"${name}" is the name of something else` })),
  ];
}

interface VmContext {
  readonly slice: number;
  readonly pool: AddressPool;
  readonly networks: readonly NetworkPlan[];
  readonly role: string;
  readonly offset: number;
  readonly hostname: string;
}

function vmPlan(settings: RoleSettings, { slice, pool, networks, role, offset, hostname }: VmContext): VmPlan {
  const domain = domainName(slice, hostname);
  const onNetworks = settings.nets.flatMap((net) => networks.filter(({ name }) => name === net));
  const interfaces = onNetworks.map(({ name, id }) => ({
    network: name,
    ...allocateAddress(pool, { slice, network: id, offset }),
  }));
  const access = onNetworks.findIndex(({ ipv4 }) => ipv4.host !== null);
  const { memoryMiB, vcpu, cache, virtType, graphics, boot, wait, labels } = settings;
  return {
    hostname,
    domain,
    uuid: deriveUuid(`domain:${domain}`),
    role,
    offset,
    memoryMiB,
    vcpu,
    accessAddress: interfaces[access]?.ipv4 ?? null,
    interfaces,
    disks: diskPlans(settings),
    cache,
    virtType,
    graphics,
    boot,
    wait,
    ...firstBootPlan(settings),
    labels,
  };
}

/** Only what is given, so that the plans of all other VMs stay what they are. */
function firstBootPlan(settings: RoleSettings): Pick<VmPlan, 'user' | 'firstBoot' | 'share'> {
  const { user, files, packages, scripts, sshKeys, userData } = settings;
  const lists = Object.entries({ files, packages, scripts, sshKeys }).filter(([, list = []]) => list.length > 0);
  const given: FirstBootPlan = { ...Object.fromEntries(lists), ...(userData !== undefined && { userData }) };
  const share = Object.entries(settings.share ?? {}).map(([path, folder]) => ({ path, ...folder }));
  return {
    ...(user !== undefined && { user }),
    ...(Object.keys(given).length > 0 && { firstBoot: given }),
    ...(share.length > 0 && { share }),
  };
}

function diskPlans({ disks }: RoleSettings): readonly DiskPlan[] {
  return Object.entries(disks).map(([name, { sizeBytes = DEFAULT_DISK_SIZE, imageSlot, imageTag }], index) => ({
    name,
    target: diskTarget(index),
    sizeBytes,
    slot: imageSlot ?? null,
    tag: imageSlot === undefined ? null : (imageTag ?? 'default'),
  }));
}

/** A login is waited for where nobody could log in. */
function waitProblems(vms: readonly VmPlan[]): readonly { readonly role: string; readonly message: string }[] {
  const roles = new Set(
    vms.filter(({ wait, accessAddress }) => wait === 'ssh' && accessAddress === null).map(({ role }) => role),
  );
  return [...roles].map((role) => ({
    role,
    message: 'the host has no address on any of its networks, so no login can be waited for: say "wait: none"',
  }));
}

function snakeCase(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
