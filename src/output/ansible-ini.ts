import { OUTPUT_NAMES } from '../filenames.js';
import { GUEST_USER } from '../seed/seed.js';
import type { SlicePlan } from '../plan/plan.js';
import { fileHeader } from './file-header.js';
import {
  ALL_VMS,
  inventoryGroups,
  inventoryHosts,
  inventoryVars,
  type Inventory,
  type InventoryHost,
} from './inventory.js';
import { escapeTemplates } from './jinja.js';
import type { JumpHost } from '../config/jump-host.js';
import { pythonLiteral } from './python-literal.js';
import { shellQuote } from '../text/shell-quote.js';
import { isReachedDirectly, loginUser } from './ssh-config.js';
import { remoteSshOptions, sshArguments, type SshOptions } from './ssh-options.js';

type HostVars = (host: InventoryHost) => Readonly<Record<string, unknown>>;

/**
 * The lines about this machine. It is in no group: Ansible puts every host of an INI inventory into `all`, and knows
 * `localhost` without one. The lines show how to add it by hand.
 */
const THIS_MACHINE = [
  '# This machine is not in the inventory, so that "hosts: all" means VMs only. Plays with "hosts: localhost" run here anyway.',
  '# localhost ansible_connection=local',
];

/**
 * The inventory as an INI file: VMs only, in a group for every role, and `virtbs` with all of them.
 *
 * Source: https://docs.ansible.com/ansible/latest/inventory_guide/intro_inventory.html
 */
export function ansibleIni(inventory: Inventory): string {
  return `${fileHeader(inventory.slice, 'Ansible inventory')}${iniInventory(withoutTemplates(inventory), iniHostVars)}`;
}

/** The same for other machines: through this one, with the key and the known hosts beside the inventory. */
export function remoteAnsibleIni(plan: SlicePlan, jump: JumpHost, privateKey: string): string {
  const { slice } = plan;
  const key = OUTPUT_NAMES.remoteKey(slice);
  const options = remoteSshOptions(slice, jump, BESIDE);
  const vars = inventoryVars(slice, `${BESIDE}${key}`, sshArguments(options));
  const advice = `# Take with it ${OUTPUT_NAMES.knownHosts(slice)}, and ${privateKey.replaceAll('\n', ' ')} as ${key}.\n`;
  const hosts = inventoryHosts(plan.vms).map((host) => ({ ...host, user: loginUser(plan, host) }));
  const varsOf: HostVars = (host) => ({ ...iniHostVars(host), ...varsBehind(plan, host, options) });
  const text = iniInventory({ slice, hosts, vars }, varsOf);
  return `${fileHeader(slice, 'Ansible inventory for other machines')}${advice}${text}`;
}

/** The folder of the inventory. */
const BESIDE = '{{ inventory_dir }}/';

/**
 * Returns the variables of a VM behind another machine: another VM of the slice, which needs the key and the known hosts too,
 * or a machine that the settings name.
 */
function varsBehind(plan: SlicePlan, host: InventoryHost, options: SshOptions): Readonly<Record<string, unknown>> {
  const jump = plan.access?.jump ?? null;
  if (jump === null || isReachedDirectly(plan, host)) return {};
  const bastion = plan.vms.find(({ hostname }) => hostname === jump);
  const { ProxyJump = '', ...others } = options;
  if (!bastion) return { ansible_ssh_common_args: sshArguments({ ...others, ProxyJump: `${ProxyJump},${jump}` }) };
  const args = sshArguments({ IdentityFile: `${BESIDE}${OUTPUT_NAMES.remoteKey(plan.slice)}`, ...options });
  const login = `${loginUser(plan, bastion)}@${bastion.accessAddress}`;
  const command = `ssh -F /dev/null ${args} -W '[%h]:%p' ${login}`;
  return { ansible_ssh_common_args: `${sshArguments(others)} -o ${shellQuote(`ProxyCommand=${command}`)}` };
}

/** The inventory for files that cannot say that a text is no template. */
export function withoutTemplates(inventory: Inventory): Inventory {
  return { ...inventory, vars: escapeTemplates(inventory.vars) as Inventory['vars'] };
}

/** Hosts, groups and variables; both kinds of values are read as Python's, those of hosts after a shell's quotes are gone. */
export function iniInventory(inventory: Inventory, varsOf: HostVars): string {
  const hosts = inventory.hosts.map((host) => {
    const words = Object.entries(varsOf(host)).map(([name, value]) => `${name}=${iniWord(value)}`);
    return [host.hostname, ...words].join(' ');
  });
  const groups = [...inventoryGroups(inventory)];
  const sections = [
    [...(inventory.hosts.some(({ local }) => local === true) ? [] : THIS_MACHINE), ...hosts],
    ...groups.map(([group, members]) => [`[${group}]`, ...members]),
    [`[${ALL_VMS}:children]`, ...groups.map(([group]) => group)],
    [`[${ALL_VMS}:vars]`, ...Object.entries(inventory.vars).map(([name, value]) => `${name}=${pythonLiteral(value)}`)],
  ];
  return sections.map((lines) => `${lines.join('\n')}\n`).join('\n');
}

/** A text that is plainly one stays as it is; all else is a Python literal, in a shell's quotes. */
function iniWord(value: unknown): string {
  const plain = typeof value === 'string' && /^(?:[a-z][a-z0-9-]*-[0-9a-f]+|\d+\.\d+\.\d+\.\d+)$/.test(value);
  return plain ? value : shellQuote(pythonLiteral(value));
}

function iniHostVars({ accessAddress, labels, user, local }: InventoryHost): Readonly<Record<string, unknown>> {
  const known = Object.keys(labels).length > 0;
  const other = user !== undefined && user !== GUEST_USER;
  return {
    ansible_host: accessAddress,
    ...(local === true && { ansible_connection: 'local' }),
    ...(other && { ansible_user: user }),
    ...(known && { virtbs_labels: escapeTemplates(labels) }),
  };
}
