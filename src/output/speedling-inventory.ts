import { iniInventory, withoutTemplates } from './ansible-ini.js';
import { fileHeader } from './file-header.js';
import type { Inventory, InventoryHost } from './inventory.js';

/**
 * The inventory for speedling: `sl_networks` has every NIC by its MAC, and the one that ssh uses as `access` besides.
 *
 * Source: speedling/invutil.py, speedling/inv.py of https://github.com/afazekas/speedling
 */
export function speedlingInventory(inventory: Inventory): string {
  return `${fileHeader(inventory.slice, 'speedling inventory')}${iniInventory(withoutTemplates(inventory), speedlingVars)}`;
}

function speedlingVars({ accessAddress, interfaces }: InventoryHost): Readonly<Record<string, unknown>> {
  const access = interfaces.find(({ ipv4 }) => ipv4 === accessAddress);
  const networks = [...(access ? [{ ...access, network: 'access' }] : []), ...interfaces];
  return {
    ansible_host: accessAddress,
    sl_ssh_address: accessAddress,
    sl_networks: Object.fromEntries(
      networks.map(({ network, mac, ipv4, ipv6 }) => [network, { if_lookup: { mac }, addresses: [ipv4, ipv6] }]),
    ),
  };
}
