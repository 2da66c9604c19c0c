import { ALL_VMS, hostVars, inventoryGroups, type Inventory, type InventoryHost } from './inventory.js';
import { isTemplate, mapTexts } from './jinja.js';

/**
 * Returns what an inventory script prints for `--list`: groups, and under `_meta` the variables of all hosts.
 *
 * Source: https://docs.ansible.com/ansible/latest/dev_guide/developing_inventory.html
 */
export function ansibleList(inventory: Inventory): Readonly<Record<string, unknown>> {
  const groups = [...inventoryGroups(inventory)].map(([group, hosts]) => [group, { hosts }] as const);
  const hostvars = inventory.hosts.map((host) => [host.hostname, ansibleHost(host)] as const);
  return {
    _meta: { hostvars: Object.fromEntries(hostvars) },
    [ALL_VMS]: { children: groups.map(([group]) => group), vars: markTemplates(inventory.vars) },
    ...Object.fromEntries(groups),
  };
}

/** Returns what it prints for `--host NAME`. */
export function ansibleHost(host: InventoryHost): unknown {
  return markTemplates(hostVars(host));
}

/** The value with every text that Ansible would take for a template marked as none. */
function markTemplates(value: unknown): unknown {
  return mapTexts(value, (text) => (isTemplate(text) ? { __ansible_unsafe: text } : text));
}
