import type { SlicePlan } from '../plan/plan.js';
import { fileHeader } from './file-header.js';

/**
 * Lines for `/etc/hosts` of this machine: a VM by the names that ssh knows it by, and on every network by that name with the
 * network's behind a dot.
 *
 * Source: hosts(5)
 */
export function etcHosts(plan: SlicePlan): string {
  const lines = plan.vms.flatMap(({ hostname, domain, accessAddress, interfaces }) =>
    interfaces.flatMap(({ network, ipv4, ipv6 }) => {
      const onNetwork = [`${hostname}.${network}`, `${domain}.${network}`];
      const names = (ipv4 === accessAddress ? [hostname, domain, ...onNetwork] : onNetwork).join(' ');
      return [`${ipv4} ${names}\n`, `${ipv6} ${names}\n`];
    }),
  );
  return `${fileHeader(plan.slice, 'for /etc/hosts')}${lines.join('')}`;
}
