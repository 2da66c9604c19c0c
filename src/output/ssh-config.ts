import { SSHConfig } from 'ssh-config';
import { outputPaths, type SlicePaths } from '../filenames.js';
import { GUEST_USER } from '../seed/seed.js';
import type { SlicePlan, VmPlan } from '../plan/plan.js';
import { fileHeader } from './file-header.js';

export interface SshConfigOptions {
  readonly paths: SlicePaths;
  /** The folder that the file is for; known hosts are beside it. */
  readonly outputDirectory: string;
}

/** The longest path of a Unix socket, with room for the random suffix ssh puts behind it. Source: unix(7), ssh's mux.c. */
const SOCKET_PATH_LIMIT = 107 - 17;
const CONTROL_HASH_LENGTH = 40;

/**
 * The ssh configuration of a slice: a block for each VM that ssh can reach, each saying all there is to say, so that the file
 * can be included beside those of other slices.
 *
 * Source: ssh_config(5)
 */
export function sshConfig(plan: SlicePlan, options: SshConfigOptions): string {
  const { knownHosts } = outputPaths(options.outputDirectory, plan.slice);
  const config = new SSHConfig();
  for (const vm of plan.vms) {
    if (!hasLogin(vm) || vm.accessAddress === null) continue;
    config.append({
      Host: sshAliases(plan, vm),
      HostName: vm.accessAddress,
      User: GUEST_USER,
      IdentityFile: literal(options.paths.privateKey),
      IdentitiesOnly: 'yes',
      UserKnownHostsFile: [literal(knownHosts)],
      GlobalKnownHostsFile: '/dev/null',
      StrictHostKeyChecking: 'yes',
      UpdateHostKeys: 'no',
      HostKeyAlgorithms: 'ssh-ed25519',
      PasswordAuthentication: 'no',
      KbdInteractiveAuthentication: 'no',
      ForwardAgent: 'no',
      ServerAliveInterval: '15',
      ServerAliveCountMax: '4',
      ...controlMaster(options.paths),
    });
  }
  return `${fileHeader(plan.slice, 'ssh configuration')}${config.toString()}`;
}

/** Whether ssh can reach the VM: the host has an address on one of its networks, and a guest is expected to answer. */
export function hasLogin({ accessAddress, wait }: VmPlan): boolean {
  return accessAddress !== null && wait === 'ssh';
}

/** `controller-02`, `bs1-controller-02`, and `controller` for the first VM of a role. */
export function sshAliases(plan: SlicePlan, vm: VmPlan): string[] {
  const first = plan.vms.find(({ role }) => role === vm.role) === vm;
  return [vm.hostname, vm.domain, ...(first ? [roleAlias(vm)] : [])];
}

/** The host name without its offset. */
function roleAlias(vm: VmPlan): string {
  return vm.hostname.slice(0, vm.hostname.lastIndexOf('-'));
}

/** A shared connection lives in the slice's own folder, so that it ends with the slice; where that path is too long, none. */
function controlMaster({ mux }: SlicePaths): Record<string, string> {
  if (Buffer.byteLength(mux) + 1 + CONTROL_HASH_LENGTH > SOCKET_PATH_LIMIT) return { ControlMaster: 'no' };
  return { ControlMaster: 'auto', ControlPath: quoted(`${literal(mux)}/%C`), ControlPersist: '60s' };
}

/** ssh takes `%` as the start of a token; a literal one is written twice. */
function literal(path: string): string {
  return path.replaceAll('%', '%%');
}

/** A value with blanks needs quotes; the library sets them by itself for identity files and lists, and for no others. */
function quoted(value: string): string {
  return /\s/.test(value) ? `"${value}"` : value;
}
