import { outputPaths, type SlicePaths } from '../filenames.js';
import type { InterfacePlan, SlicePlan, VmPlan } from '../plan/plan.js';
import { GUEST_USER } from '../seed/seed.js';
import { shellQuote } from '../text/shell-quote.js';
import { hasLogin, loginUser } from './ssh-config.js';
import { literalPath, localSshOptions, sshArguments } from './ssh-options.js';

/** The facts about a slice for Ansible, whatever the format of the file. */
export interface Inventory {
  readonly slice: number;
  readonly hosts: readonly InventoryHost[];
  /** Variables of the group `virtbs`, which has every host. */
  readonly vars: Readonly<Record<string, string | number>>;
}

/** A VM that can be logged in to. */
export interface InventoryHost {
  readonly hostname: string;
  readonly domain: string;
  readonly role: string;
  readonly offset: number;
  /** The address for ssh. */
  readonly accessAddress: string;
  /** That of all where it is not given. */
  readonly user?: string;
  /** It is the machine where Ansible runs, too. */
  readonly local?: boolean | undefined;
  readonly interfaces: readonly InterfacePlan[];
  readonly labels: Readonly<Record<string, unknown>>;
}

/** The group of all VMs. */
export const ALL_VMS = 'virtbs';

/** Names of groups and hosts that mean something to Ansible or to our own files. */
const TAKEN = new Set(['all', 'ungrouped', 'local', 'localhost', ALL_VMS]);

/** The inventory of a plan for this machine: strict about host keys, with the slice's key. */
export function localInventory(
  plan: SlicePlan,
  { paths, outputDirectory }: { readonly paths: SlicePaths; readonly outputDirectory: string },
): Inventory {
  const vars = localVars(plan.slice, { paths, outputDirectory });
  const hosts = inventoryHosts(plan.vms);
  if (!plan.access) return { slice: plan.slice, hosts, vars };
  const sshArgs = `-F ${shellQuote(outputPaths(outputDirectory, plan.slice).sshConfig)}`;
  const { logins } = plan.access;
  if (logins) {
    return {
      slice: plan.slice,
      hosts: hosts.map((host) => ({ ...host, accessAddress: host.hostname, local: logins[host.hostname]?.local })),
      vars: { ansible_ssh_common_args: sshArgs, virtbs_slice: plan.slice },
    };
  }
  // The ssh configuration knows as whom and through whom each of them is reached.
  return {
    slice: plan.slice,
    hosts: hosts.map((host) => ({ ...host, accessAddress: host.hostname, user: loginUser(plan, host) })),
    vars: inventoryVars(plan.slice, literalPath(paths.privateKey), sshArgs),
  };
}

/** Variables that make Ansible of this machine log in, whatever the user's own ssh configuration says. */
export function localVars(
  slice: number,
  { paths, outputDirectory }: { readonly paths: SlicePaths; readonly outputDirectory: string },
): Inventory['vars'] {
  const args = sshArguments(localSshOptions({ slice, paths, outputDirectory }));
  return inventoryVars(slice, literalPath(paths.privateKey), `-F /dev/null ${args}`);
}

export function inventoryVars(slice: number, privateKey: string, sshArgs: string): Inventory['vars'] {
  return {
    ansible_user: GUEST_USER,
    ansible_ssh_private_key_file: privateKey,
    ansible_ssh_common_args: sshArgs,
    virtbs_slice: slice,
  };
}

/** Returns the VMs that accept a login. */
export function inventoryHosts(vms: readonly VmPlan[]): readonly InventoryHost[] {
  return vms.flatMap((vm) => {
    const { accessAddress } = vm;
    return accessAddress !== null && hasLogin(vm) ? [{ ...vm, accessAddress }] : [];
  });
}

/** The host names of each group: one for every role. A group's name has letters, digits and `_` only, or Ansible complains. */
export function inventoryGroups({ hosts }: Inventory): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const { role, hostname } of hosts) {
    const word = role.replaceAll('-', '_');
    const name = TAKEN.has(word) ? `role_${word}` : word;
    groups.set(name, [...(groups.get(name) ?? []), hostname]);
  }
  return groups;
}

/** All that is known of a host, as Ansible's variables. */
export function hostVars(host: InventoryHost): Readonly<Record<string, unknown>> {
  const addresses = host.interfaces.map(({ network, mac, ipv4, ipv6 }) => [network, { mac, ipv4, ipv6 }] as const);
  return {
    ansible_host: host.accessAddress,
    ...(host.local === true && { ansible_connection: 'local' }),
    ...(host.user !== undefined && host.user !== GUEST_USER && { ansible_user: host.user }),
    virtbs_domain: host.domain,
    virtbs_role: host.role,
    virtbs_offset: host.offset,
    virtbs_addresses: Object.fromEntries(addresses),
    virtbs_labels: host.labels,
  };
}
