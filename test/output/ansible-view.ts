import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { env } from 'node:process';
import { runProgram } from '../../src/process/run-program.js';

/** Why tests with Ansible cannot run here, or false. */
export const noAnsible: string | false = (env['PATH'] ?? '')
  .split(delimiter)
  .some((folder) => existsSync(join(folder, 'ansible-inventory')))
  ? false
  : 'needs Ansible: bin/packages --install --for test';

export interface AnsibleView {
  /** Members of each group. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  readonly hostvars: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** What Ansible makes of an inventory. It says nothing on stderr, or the test fails. */
export async function ansibleView(inventory: string): Promise<AnsibleView> {
  const { stdout, stderr } = await runProgram('ansible-inventory', ['-i', inventory, '--list'], { env: quietly });
  if (stderr !== '') throw new Error(stderr);
  const { _meta, ...groups } = JSON.parse(stdout) as Record<string, { hosts?: string[]; children?: string[] }> & {
    _meta: AnsibleView;
  };
  const members = (name: string): string[] => [
    ...(groups[name]?.hosts ?? []),
    ...(groups[name]?.children ?? []).flatMap(members),
  ];
  return { groups: new Map(Object.keys(groups).map((name) => [name, members(name)])), hostvars: _meta.hostvars };
}

/** The value of a variable after Ansible has taken what it takes for templates. */
export async function ansibleValue(inventory: string, host: string, name: string): Promise<unknown> {
  const args = ['-i', inventory, host, '-m', 'debug', '-a', `var=${name}`];
  const { stdout } = await runProgram('ansible', args, { env: quietly });
  const result = JSON.parse(stdout.slice(stdout.indexOf('{'))) as Readonly<Record<string, unknown>>;
  return result[name];
}

/** No colours, and every warning. */
const quietly = { ANSIBLE_NOCOLOR: '1', ANSIBLE_DEPRECATION_WARNINGS: 'True' };
