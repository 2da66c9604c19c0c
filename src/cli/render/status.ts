import type { StatusResult, VmStatus } from '../../slice/status.js';
import { renderAge } from './age.js';
import { renderTable } from './table.js';

/** Renders the status of VMs as a table, and below it why logins fail. */
export function renderStatus({ vms }: StatusResult, width?: number): string {
  const heading = ['VM', 'ROLE', 'STATE', 'ADDRESS', 'SSH', 'CLOUD-INIT', 'UPTIME'];
  const table = renderTable([heading, ...vms.map(vmRow)], width, ['UPTIME', 'CLOUD-INIT', 'ROLE']);
  const reasons = vms.flatMap(({ hostname, reason }) => (reason === null ? [] : [`${hostname}: ${reason}\n`]));
  return reasons.length === 0 ? table : `${table}\n${reasons.join('')}`;
}

function vmRow({ hostname, role, power, accessAddress, ssh, cloudInit, uptimeSeconds }: VmStatus): string[] {
  const uptime = uptimeSeconds === null ? '-' : renderAge(uptimeSeconds * 1000);
  return [hostname, role, power, accessAddress ?? '-', ssh === 'none' ? '-' : ssh, cloudInit ?? '-', uptime];
}
