import { Document, Scalar, visit } from 'yaml';
import { fileHeader } from './file-header.js';
import { ALL_VMS, hostVars, inventoryGroups, type Inventory } from './inventory.js';
import { isTemplate } from './jinja.js';

/** Ansible reads YAML 1.1. */
const YAML_VERSION = '1.1';

/**
 * The inventory as a YAML file, with everything that is known of a host in its variables. A text that Ansible would take for a
 * template is marked as none.
 *
 * Source: https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_advanced_syntax.html
 */
export function ansibleYaml(inventory: Inventory): string {
  const hosts = new Map(inventory.hosts.map((host) => [host.hostname, host]));
  const groups = [...inventoryGroups(inventory)].map(([group, members]) => {
    const vars = members.flatMap((name) => {
      const host = hosts.get(name);
      return host ? [[name, hostVars(host)] as const] : [];
    });
    return [group, { hosts: Object.fromEntries(vars) }] as const;
  });
  const all = { all: { children: { [ALL_VMS]: { vars: inventory.vars, children: Object.fromEntries(groups) } } } };
  const document = new Document(all, { version: YAML_VERSION, aliasDuplicateObjects: false });
  visit(document, {
    Scalar(position, node) {
      if (typeof node.value !== 'string') return;
      // A key such as `<<` would be a command.
      if (position === 'key' && !/^[\w-]+$/.test(node.value)) node.type = Scalar.QUOTE_DOUBLE;
      if (position !== 'key' && isTemplate(node.value)) node.tag = '!unsafe';
    },
  });
  return `${fileHeader(inventory.slice, 'Ansible inventory')}${document.toString({ lineWidth: 0, directives: false })}`;
}
