import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import t, { type Test } from 'tap';
import { slicePaths } from '../../src/filenames.js';
import { ansibleIni, remoteAnsibleIni } from '../../src/output/ansible-ini.js';
import { ansibleList } from '../../src/output/ansible-json.js';
import { ansibleYaml } from '../../src/output/ansible-yaml.js';
import { localInventory } from '../../src/output/inventory.js';
import { speedlingInventory } from '../../src/output/speedling-inventory.js';
import type { SlicePlan } from '../../src/plan/plan.js';
import { runProgram } from '../../src/process/run-program.js';
import { planOf, planWith } from '../plan/plan-of.js';
import { ansibleValue, ansibleView, noAnsible } from './ansible-view.js';

const skip = noAnsible;
const JUMP = { address: 'lab.example.org', user: 'jenkins', port: 2222 };

/** Labels that each format could take for something of its own. */
const ODD_LABELS = {
  quotes: `a "double", a 'single', a \`back\``,
  lines: 'one\ntwo\r\n\ttabbed\\n',
  template: '{{ 1 + 1 }} {% if true %}x{% endif %} {# y #} {{{',
  comment: 'a # b ; c = d',
  shell: '$(touch /tmp/x); `id` $HOME !',
  python: "__import__('os')",
  yes: 'yes',
  number: '0x10',
  sexagesimal: '52:54:00',
  date: '2001-01-01',
  real: 12.5,
  truth: true,
  list: ['OSD', 'MON', { deep: null }],
  umlaut: 'ÄÖ \u{1f680} \u2028\u0085\u007f\u0001',
  '<<': { merged: 1 },
  '{{ key }}': 'x',
};

async function oddPlan(): Promise<SlicePlan> {
  const plan = await planOf(1, 'controller:1', 'worker:2');
  return { ...plan, vms: plan.vms.map((vm) => (vm.role === 'worker' ? { ...vm, labels: ODD_LABELS } : vm)) };
}

/** Writes an inventory under a name that says its format; Ansible runs what may be run. */
async function writeInventory(t: Test, name: string, content: string): Promise<string> {
  const directory = join(t.testdirName, '..', `${basename(t.testdirName)}-files`);
  await mkdir(directory, { recursive: true });
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, name);
  await writeFile(path, content);
  await chmod(path, name === 'script' ? 0o755 : 0o644);
  return path;
}

function inventoryOf(plan: SlicePlan, outputDirectory = '/work dir/100% "mine"') {
  return localInventory(plan, { paths: slicePaths('/srv/virtbs', 1), outputDirectory });
}

function script(plan: SlicePlan): string {
  return `#!/bin/sh\ncat <<'END OF LIST'\n${JSON.stringify(ansibleList(inventoryOf(plan)))}\nEND OF LIST\n`;
}

t.test('Ansible finds the same groups, hosts and ways to log in in each format', { skip }, async (t) => {
  const plan = await oddPlan();
  const formats = {
    ini: await writeInventory(t, 'hosts', ansibleIni(inventoryOf(plan))),
    yaml: await writeInventory(t, 'hosts.yaml', ansibleYaml(inventoryOf(plan))),
    script: await writeInventory(t, 'script', script(plan)),
  };
  for (const [format, path] of Object.entries(formats)) {
    await t.test(format, async (t) => {
      const { groups, hostvars } = await ansibleView(path);
      t.strictSame(groups.get('controller'), ['controller-02']);
      t.strictSame(groups.get('worker'), ['worker-20', 'worker-21']);
      t.strictSame(groups.get('virtbs'), ['controller-02', 'worker-20', 'worker-21']);
      t.strictSame([...(groups.get('all') ?? [])].sort(), ['controller-02', 'worker-20', 'worker-21'], 'VMs only');
      const {
        ansible_host,
        ansible_user,
        ansible_ssh_private_key_file: key,
        virtbs_slice,
      } = hostvars['worker-20'] ?? {};
      t.strictSame([ansible_host, ansible_user, virtbs_slice], ['172.16.17.32', 'stack', 1]);
      t.equal(key, '/srv/virtbs/keys/bs1/id_ed25519');
    });
  }
});

t.test('labels reach Ansible as they are, whatever is in them', { skip }, async (t) => {
  const plan = await oddPlan();
  const formats = {
    hosts: ansibleIni(inventoryOf(plan)),
    'hosts.yaml': ansibleYaml(inventoryOf(plan)),
    script: script(plan),
  };
  for (const [name, content] of Object.entries(formats)) {
    const path = await writeInventory(t, name, content);
    t.strictSame(await ansibleValue(path, 'worker-20', 'virtbs_labels'), ODD_LABELS, name);
  }
});

t.test('the ssh arguments are what ssh is meant to be told, for odd paths too', { skip }, async (t) => {
  const path = await writeInventory(t, 'hosts.yaml', ansibleYaml(inventoryOf(await oddPlan(), '/work {{ dir }}/100%')));
  const args = await ansibleValue(path, 'worker-20', 'ansible_ssh_common_args');
  const { stdout } = await runProgram('sh', ['-c', `ssh ${String(args)} -G 172.16.17.32`]);
  const lines = stdout.toLowerCase().split('\n');
  // ssh -G shows quotes and percent signs that it takes off later.
  const known = lines
    .find((line) => line.startsWith('userknownhostsfile'))
    ?.replaceAll('"', '')
    .replaceAll('%%', '%');
  t.equal(known, 'userknownhostsfile /work {{ dir }}/100%/known_hosts-bs1');
  t.ok(lines.some((line) => /^stricthostkeychecking (?:yes|true)$/.test(line)));
  t.ok(lines.includes('identitiesonly yes'));
});

t.test('the inventory for other machines finds its files beside itself and jumps', { skip }, async (t) => {
  const plan = await oddPlan();
  const path = await writeInventory(t, 'hosts', remoteAnsibleIni(plan, JUMP, '/srv/virtbs/keys/bs1/id_ed25519'));
  const folder = join(path, '..');
  t.equal(await ansibleValue(path, 'worker-20', 'ansible_ssh_private_key_file'), join(folder, 'id_ed25519-bs1'));
  const args = await ansibleValue(path, 'worker-20', 'ansible_ssh_common_args');
  const { stdout } = await runProgram('sh', ['-c', `ssh ${String(args)} -G 172.16.17.32`]);
  t.match(stdout, `userknownhostsfile ${join(folder, 'known_hosts-bs1')}\n`);
  t.match(stdout, 'proxyjump jenkins@lab.example.org:2222');
});

t.test('VMs behind one of them, or behind a machine that is told, have a way of their own', { skip }, async (t) => {
  const plan = await oddPlan();
  const argsOf = async (jump: string): Promise<string> => {
    const access = { jump, users: { 'controller-02': 'debian' } };
    const text = remoteAnsibleIni({ ...plan, access }, JUMP, '/srv/virtbs/keys/bs1/id_ed25519');
    const path = await writeInventory(t, 'hosts', text);
    t.equal(await ansibleValue(path, 'controller-02', 'ansible_user'), 'debian');
    return String(await ansibleValue(path, 'worker-20', 'ansible_ssh_common_args'));
  };
  const told = await runProgram('sh', ['-c', `ssh ${await argsOf('root@10.0.0.1:22')} -G 172.16.17.32`]);
  t.match(told.stdout, /^proxyjump jenkins@lab\.example\.org:2222,root@\[?10\.0\.0\.1\]?:22$/m);

  const bastion = await runProgram('sh', ['-c', `ssh ${await argsOf('controller-02')} -G 172.16.17.32`]);
  const command = /^proxycommand (ssh .*)$/m.exec(bastion.stdout)?.[1] ?? '';
  const { stdout } = await runProgram('sh', ['-c', command.replace("-W '[%h]:%p'", '-G')]);
  t.match(stdout, /^user debian$/m);
  t.match(stdout, /^hostname 172\.16\.17\.2$/m);
  t.match(stdout, /^proxyjump jenkins@lab\.example\.org:2222$/m);
  t.match(stdout, /^userknownhostsfile .*known_hosts-bs1$/m);
  t.match(stdout, /^identityfile .*id_ed25519-bs1$/m);
});

t.test("a role's group has a name that Ansible takes, and none that it has itself", { skip }, async (t) => {
  const roles = ['ceph-mon', 'all', 'local', 'virtbs'];
  const plan = await planWith(
    [`machine_matrix.roles={${roles.map((role) => `${role}: {nets: [net], disks: {a: {size: 1GiB}}}`).join(', ')}}`],
    1,
    ...roles,
  );
  const { groups } = await ansibleView(await writeInventory(t, 'hosts', ansibleIni(inventoryOf(plan))));
  t.strictSame(groups.get('ceph_mon'), ['ceph-mon-02']);
  t.strictSame(groups.get('role_all'), ['all-03']);
  t.strictSame(groups.get('role_local'), ['local-04']);
  t.strictSame([...(groups.get('virtbs') ?? [])].sort(), ['all-03', 'ceph-mon-02', 'local-04', 'virtbs-05']);
});

t.test('a VM that nobody can log in to is in no inventory', async (t) => {
  const inventory = inventoryOf(await planOf(1, 'controller:1', 'pxe:1'));
  for (const text of [ansibleIni(inventory), ansibleYaml(inventory), speedlingInventory(inventory)]) {
    t.match(text, 'controller-02');
    t.notMatch(text, /pxe/);
  }
});

t.test("speedling's inventory has every NIC by its planned MAC, as Python reads it", { skip }, async (t) => {
  const plan = await planOf(1, 'controller:1');
  const text = speedlingInventory(inventoryOf(plan));
  const line = text.split('\n').find((candidate) => candidate.startsWith('controller-02 ')) ?? '';
  const reader = [
    'import ast, json, shlex, sys',
    "pairs = dict(word.split('=', 1) for word in shlex.split(sys.stdin.read())[1:])",
    "print(json.dumps([pairs['sl_ssh_address'], ast.literal_eval(pairs['sl_networks'])]))",
  ].join('\n');
  const { stdout } = await runProgram('python3', ['-c', reader], { input: line });
  const net = { if_lookup: { mac: '52:54:00:10:01:02' }, addresses: ['172.16.17.2', 'fd00:aaaa:0:1001::2'] };
  const data = { if_lookup: { mac: '52:54:00:10:02:02' }, addresses: ['172.16.18.2', 'fd00:aaaa:0:1002::2'] };
  t.strictSame(JSON.parse(stdout), ['172.16.17.2', { access: net, net, data }]);
});
