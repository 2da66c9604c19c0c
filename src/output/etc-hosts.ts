import { isIP } from 'node:net';
import type { SlicePlan } from '../plan/plan.js';
import { fileHeader } from './file-header.js';
import { ordinalName } from '../plan/host-name.js';
import { zoneName } from './ssh-config.js';

/**
 * Lines for `/etc/hosts` of this machine: a VM by the names that ssh knows it by, and on every network by that name with the
 * network's behind a dot.
 *
 * Source: hosts(5)
 */
export function etcHosts(plan: SlicePlan): string {
  const lines = plan.vms.flatMap((vm) => {
    const { hostname, domain, accessAddress, interfaces } = vm;
    const ordinal = ordinalName(plan.vms, vm);
    const zoned = [hostname, ordinal].map((name) => zoneName(plan, { hostname: name }));
    const everywhere = [hostname, domain, ordinal, ...zoned];
    if (interfaces.length === 0 && accessAddress !== null && isIP(accessAddress) !== 0) {
      return [`${accessAddress} ${everywhere.join(' ')}\n`];
    }
    return interfaces.flatMap(({ network, ipv4, ipv6 }) => {
      const onNetwork = [`${hostname}.${network}`, `${domain}.${network}`];
      const names = (ipv4 === accessAddress ? [...everywhere, ...onNetwork] : onNetwork).join(' ');
      return [`${ipv4} ${names}\n`, `${ipv6} ${names}\n`];
    });
  });
  return `${fileHeader(plan.slice, 'for /etc/hosts')}${lines.join('')}`;
}
