import type { MachineLogin, SlicePlan } from '../../plan/plan.js';
import { userName } from '../../session/user-name.js';
import type { HostsSettings, MachineSettings } from './hosts-settings.js';
import { resolveDestination } from './resolve-destination.js';

/** Files with host keys that ssh reads by itself. Source: ssh_config(5), UserKnownHostsFile */
const KNOWN_HOSTS = ['~/.ssh/known_hosts', '~/.ssh/known_hosts2'] as const;

/** Options of every login, whatever the user's own ssh configuration says. */
const OPTIONS = {
  UpdateHostKeys: 'no',
  ForwardAgent: 'no',
  ServerAliveInterval: '15',
  ServerAliveCountMax: '4',
} as const;

/** How one machine is reached. */
interface Reached {
  readonly address: string;
  readonly user: string;
  readonly login: MachineLogin;
}

/** Returns the plan with how ssh reaches its machines: as the settings say, or as the user's own ssh configuration does. */
export async function reachMachines(
  plan: SlicePlan,
  { machines }: HostsSettings,
  signal: AbortSignal,
): Promise<SlicePlan> {
  const found = await Promise.all(
    plan.vms.map(async (vm) => {
      const machine = machines[vm.hostname];
      if (!machine) throw new Error(`${vm.hostname} is not in section "hosts"`);
      return [vm, await reachMachine(machine, signal)] as const;
    }),
  );
  return {
    ...plan,
    vms: found.map(([vm, { address }]) => ({ ...vm, accessAddress: address })),
    access: {
      jump: null,
      users: Object.fromEntries(found.map(([{ hostname }, { user }]) => [hostname, user])),
      logins: Object.fromEntries(found.map(([{ hostname }, { login }]) => [hostname, login])),
    },
  };
}

async function reachMachine(machine: MachineSettings, signal: AbortSignal): Promise<Reached> {
  const { destination, identityFile, sshConfig, hostKeys, local } = machine;
  const { host, user = userName(), port } = destination;
  const policy = { StrictHostKeyChecking: hostKeys === 'strict' ? 'yes' : 'accept-new', ...OPTIONS };
  if (sshConfig !== undefined) {
    const found = await resolveDestination(destination, { sshConfig, identityFile }, signal);
    const { options, knownHosts = KNOWN_HOSTS } = found;
    const login = { local, options: { ...options, ...policy }, knownHosts };
    return { address: found.host, user: found.user, login };
  }
  const options = {
    ...(port !== undefined && { Port: String(port) }),
    ...(identityFile !== undefined && { IdentityFile: [identityFile.replaceAll('%', '%%')], IdentitiesOnly: 'yes' }),
    ...policy,
  };
  return { address: host, user, login: { local, options, knownHosts: KNOWN_HOSTS } };
}
