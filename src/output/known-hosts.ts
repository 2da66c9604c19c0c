import type { KeyPair } from '../key/slice-keys.js';
import type { SlicePlan } from '../plan/plan.js';
import { fileHeader } from './file-header.js';

/**
 * The host keys of a slice's VMs under every name and address that they have.
 *
 * Source: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"
 */
export function knownHosts(plan: SlicePlan, hostKeys: ReadonlyMap<string, KeyPair>): string {
  const lines = plan.vms.flatMap((vm) => {
    const key = hostKeys.get(vm.hostname)?.publicKey;
    if (key === undefined) return [];
    const access = vm.accessAddress === null ? [] : [vm.accessAddress];
    const addresses = [...vm.interfaces.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]), ...access];
    const names = [vm.hostname, vm.domain, ...new Set(addresses)];
    const [type = '', blob = ''] = key.split(' ');
    return [`${names.join(',')} ${type} ${blob}\n`];
  });
  return `${fileHeader(plan.slice, 'known hosts')}${lines.join('')}`;
}
