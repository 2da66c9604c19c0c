import { SSHConfig } from 'ssh-config';
import { OUTPUT_NAMES } from '../filenames.js';
import { GUEST_USER } from '../seed/seed.js';
import { roleName } from '../plan/host-name.js';
import type { SlicePlan, VmPlan } from '../plan/plan.js';
import { fileHeader } from './file-header.js';
import type { JumpHost } from './jump-host.js';
import {
  literalPath,
  localSshOptions,
  quotedValue,
  remoteSshOptions,
  type SshOptions,
  type SshOptionsRequest,
} from './ssh-options.js';

/**
 * The ssh configuration of a slice: a block for each VM that ssh can reach, each saying all there is to say, so that the file
 * can be included beside those of other slices.
 *
 * Source: ssh_config(5)
 */
export function sshConfig(plan: SlicePlan, request: Omit<SshOptionsRequest, 'slice'>): string {
  const blocks = hostBlocks(plan, literalPath(request.paths.privateKey), {
    ...localSshOptions({ slice: plan.slice, ...request }),
  });
  return `${fileHeader(plan.slice, 'ssh configuration')}${blocks}`;
}

/** The same for other machines: through this one, with the key and the known hosts in the folder from which ssh is called. */
export function remoteSshConfig(plan: SlicePlan, jump: JumpHost, { privateKey }: SshOptionsRequest['paths']): string {
  const key = OUTPUT_NAMES.remoteKey(plan.slice);
  const advice = [
    `# Take with it ${OUTPUT_NAMES.knownHosts(plan.slice)}, and ${privateKey.replaceAll('\n', ' ')} as ${key};`,
    '# call ssh in the folder where they are.',
  ];
  const blocks = hostBlocks(plan, key, remoteSshOptions(plan.slice, jump));
  return `${fileHeader(plan.slice, 'ssh configuration for other machines')}${advice.join('\n')}\n${blocks}`;
}

function hostBlocks(plan: SlicePlan, key: string, options: SshOptions): string {
  const config = new SSHConfig();
  // The library sets quotes by itself for identity files and lists, and for no others.
  const { UserKnownHostsFile = '', ...others } = options;
  const quoted = Object.fromEntries(Object.entries(others).map(([option, value]) => [option, quotedValue(value)]));
  for (const vm of plan.vms) {
    if (!hasLogin(vm) || vm.accessAddress === null) continue;
    config.append({
      Host: sshAliases(plan, vm),
      HostName: vm.accessAddress,
      User: loginUser(plan, vm),
      IdentityFile: key,
      UserKnownHostsFile: [UserKnownHostsFile],
      ...quoted,
      ...jumpOption(plan, vm, options),
    });
  }
  return config.toString();
}

/** As whom one logs in to the VM. */
export function loginUser({ access }: SlicePlan, { hostname }: Pick<VmPlan, 'hostname'>): string {
  return access?.users[hostname] ?? GUEST_USER;
}

/** Whether ssh reaches the VM without going through another machine. */
export function isReachedDirectly({ access }: SlicePlan, { hostname }: Pick<VmPlan, 'hostname'>): boolean {
  const jump = access?.jump ?? null;
  return jump === null || jump === hostname;
}

/** The machine that the VM is behind comes after one that all are behind. */
function jumpOption(plan: SlicePlan, vm: VmPlan, { ProxyJump }: SshOptions): SshOptions {
  if (isReachedDirectly(plan, vm)) return {};
  const jumps = [ProxyJump, plan.access?.jump].filter((jump) => jump !== undefined && jump !== null);
  return { ProxyJump: jumps.join(',') };
}

/** Whether ssh can reach the VM: the host has an address on one of its networks, and a guest is expected to answer. */
export function hasLogin({ accessAddress, wait }: Pick<VmPlan, 'accessAddress' | 'wait'>): boolean {
  return accessAddress !== null && wait === 'ssh';
}

/** `controller-02`, `bs1-controller-02`, and `controller` for the first VM of a role. */
export function sshAliases(plan: SlicePlan, vm: VmPlan): string[] {
  const first = plan.vms.find(({ role }) => role === vm.role) === vm;
  return [vm.hostname, vm.domain, ...(first ? [roleName(vm.role)] : [])];
}
