import { SSHConfig } from 'ssh-config';
import { OUTPUT_NAMES, sliceZone } from '../filenames.js';
import { GUEST_USER } from '../seed/seed.js';
import { ordinalName, roleName } from '../plan/host-name.js';
import type { MachineLogin, SlicePlan, VmPlan } from '../plan/plan.js';
import { fileHeader } from './file-header.js';
import type { JumpHost } from '../config/jump-host.js';
import {
  literalPath,
  localSshOptions,
  quotedValue,
  remoteSshOptions,
  type SshOptions,
  type SshOptionsRequest,
} from './ssh-options.js';
import { sshPins } from './ssh-pins.js';

/** Advice in the file: where it works. */
const ADVICE = [
  '# Use it with ssh -F, or include it at the top of ~/.ssh/config, before any Host or Match: virtbs ssh-config install',
  '# puts the line there.',
];

/**
 * The ssh configuration of a slice: a block for each VM that ssh can reach, each saying all there is to say, so that the file
 * can be included beside those of other slices, and before whatever else the user's own says of all hosts.
 *
 * Source: ssh_config(5)
 */
export function sshConfig(plan: SlicePlan, request: Omit<SshOptionsRequest, 'slice'>): string {
  const key = literalPath(request.paths.privateKey);
  const options = localSshOptions({ slice: plan.slice, ...request });
  const blocks = hostBlocks(plan, key, { options, pinsOf: sshPins });
  return `${fileHeader(plan.slice, 'ssh configuration')}${ADVICE.join('\n')}\n${blocks}`;
}

/** The same for other machines: through this one, with the key and the known hosts in the folder from which ssh is called. */
export function remoteSshConfig(plan: SlicePlan, jump: JumpHost, { privateKey }: SshOptionsRequest['paths']): string {
  const key = OUTPUT_NAMES.remoteKey(plan.slice);
  const advice = [
    `# Take with it ${OUTPUT_NAMES.knownHosts(plan.slice)}, and ${privateKey.replaceAll('\n', ' ')} as ${key};`,
    '# call ssh in the folder where they are.',
  ];
  const options = remoteSshOptions(plan.slice, jump);
  const blocks = hostBlocks(plan, key, { options, pinsOf: () => ({}) });
  return `${fileHeader(plan.slice, 'ssh configuration for other machines')}${advice.join('\n')}\n${blocks}`;
}

interface BlockOptions {
  readonly options: SshOptions;
  /** Returns further lines for the block of a VM; the options go before them. */
  readonly pinsOf: typeof sshPins;
}

function hostBlocks(plan: SlicePlan, key: string, { options, pinsOf }: BlockOptions): string {
  const config = new SSHConfig();
  // The library sets quotes by itself for identity files and lists, and for no others.
  const { UserKnownHostsFile = '', ...others } = options;
  const quoted = Object.fromEntries(Object.entries(others).map(([option, value]) => [option, quotedValue(value)]));
  for (const vm of plan.vms) {
    if (!hasLogin(vm) || vm.accessAddress === null) continue;
    const machine = plan.access?.logins?.[vm.hostname];
    if (machine) {
      config.append(machineBlock(plan, vm, { machine, options, address: vm.accessAddress }));
      continue;
    }
    config.append({
      Host: sshAliases(plan, vm),
      HostName: vm.accessAddress,
      User: loginUser(plan, vm),
      IdentityFile: key,
      UserKnownHostsFile: [UserKnownHostsFile],
      ...pinsOf(vm.accessAddress, vm.domain),
      ...quoted,
      ...jumpOption(plan, vm, options),
    });
  }
  return config.toString();
}

/** The block of a machine that virtbs did not make: its owner's keys; host keys that are new are added to the slice's own file. */
function machineBlock(
  plan: SlicePlan,
  vm: VmPlan,
  {
    machine,
    options,
    address,
  }: { readonly machine: MachineLogin; readonly options: SshOptions; readonly address: string },
): Record<string, string | string[]> {
  const { UserKnownHostsFile = '', ControlMaster = 'no', ControlPath = 'none', ControlPersist } = options;
  const lines = Object.entries(machine.options).map(([option, value]): [string, string | string[]] => {
    if (typeof value !== 'string') return [option, [...value]];
    // The rest of its line is a line for the shell, quotes included.
    return [option, option === 'ProxyCommand' ? value : quotedValue(value)];
  });
  return {
    Host: sshAliases(plan, vm),
    HostName: address,
    User: loginUser(plan, vm),
    ...Object.fromEntries(lines),
    UserKnownHostsFile: [UserKnownHostsFile, ...machine.knownHosts],
    ControlMaster,
    ControlPath: quotedValue(ControlPath),
    ...(ControlPersist !== undefined && { ControlPersist }),
  };
}

/** Returns the user for a login to the VM. */
export function loginUser({ access, vms }: SlicePlan, { hostname }: Pick<VmPlan, 'hostname'>): string {
  const planned = vms.find((vm) => vm.hostname === hostname)?.user;
  return access?.users[hostname] ?? planned ?? GUEST_USER;
}

/** Tells whether ssh reaches the VM at its address and the usual port, without going through another machine. */
export function isReachedDirectly({ access }: SlicePlan, { hostname }: Pick<VmPlan, 'hostname'>): boolean {
  if (access?.logins) return false;
  const jump = access?.jump ?? null;
  return jump === null || jump === hostname;
}

/** The machine that the VM is behind comes after one that all are behind. */
function jumpOption(plan: SlicePlan, vm: VmPlan, { ProxyJump }: SshOptions): SshOptions {
  if (isReachedDirectly(plan, vm)) return {};
  const jumps = [ProxyJump, plan.access?.jump].filter((jump) => jump !== undefined && jump !== null);
  return { ProxyJump: jumps.join(',') };
}

/** Tells whether ssh can reach the VM: the host has an address on one of its networks, and a guest is expected to answer. */
export function hasLogin({ accessAddress, wait }: Pick<VmPlan, 'accessAddress' | 'wait'>): boolean {
  return accessAddress !== null && wait === 'ssh';
}

/** `controller-02.bs1`: the name that a VM has in no other slice, as DNS would have it. */
export function zoneName({ slice }: Pick<SlicePlan, 'slice'>, { hostname }: Pick<VmPlan, 'hostname'>): string {
  return `${hostname}.${sliceZone(slice)}`;
}

/**
 * `controller-02`, `bs1-controller-02`, `controller` for the first VM of a role, `controller.1`, and host name and number with the
 * slice behind them.
 */
export function sshAliases(plan: SlicePlan, vm: VmPlan): string[] {
  const first = plan.vms.find(({ role }) => role === vm.role) === vm;
  const ordinal = ordinalName(plan.vms, vm);
  const zoned = [vm.hostname, ordinal].map((hostname) => zoneName(plan, { hostname }));
  return [...new Set([vm.hostname, vm.domain, ...(first ? [roleName(vm.role)] : []), ordinal, ...zoned])];
}
