import { Document, Scalar, visit, type Tags } from 'yaml';
import { escapeControls, hasControls } from './escape-controls.js';
import { fileHeader } from './file-header.js';
import { ALL_VMS, hostVars, inventoryGroups, type Inventory } from './inventory.js';
import { isTemplate } from './jinja.js';

/** Ansible reads YAML 1.1. A key `<<` is the user's own here, and not a command. */
const YAML_OPTIONS = {
  version: '1.1',
  customTags: (tags: Tags) => tags.filter((tag) => typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:merge'),
  aliasDuplicateObjects: false,
} as const;

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
  const document = new Document(all, YAML_OPTIONS);
  visit(document, {
    Scalar(position, node) {
      if (typeof node.value !== 'string') return;
      // Addresses, dates and versions look alike when all of them are in quotes, whether they need them or not.
      const plain = position === 'key' ? /^[\w-]+$/ : /^\D/;
      if (!plain.test(node.value) || hasControls(node.value)) node.type = Scalar.QUOTE_DOUBLE;
      if (position !== 'key' && isTemplate(node.value)) node.tag = '!unsafe';
    },
  });
  const text = escapeControls(document.toString({ lineWidth: 0, directives: false }));
  return `${fileHeader(inventory.slice, 'Ansible inventory')}${text}`;
}
