import { copyFile, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { stateSchema } from '../../src/output/state-schema.js';
import { packageDirectory } from '../../src/package-directory.js';
import { noAnsible } from '../output/ansible-view.js';
import { HOSTILE_SSH } from '../output/hostile-ssh.js';
import { takeInventory } from './host-inventory.js';
import { noLab, run, runVirtbs } from './run-virtbs.js';

/** The guest that others go through to the rest stands in for this machine, on which no ssh server runs. */
const CLUSTER = `
jump_host: { address: 172.16.17.2, user: stack }
machine_matrix: { roles: { disk: { labels: { CEPH_LAYOUT: [OSD] } } } }
topology:
  roles: { controller: 1, disk: 1 }
  vms:
    disk-80: { labels: { CEPH_LAYOUT: [OSD, MON], note: "{{ not }} a template" } }
    builder: { role: plain }
`;

const PLAYBOOK = `
- hosts: disk
  gather_facts: false
  tasks:
    - raw: hostname
      register: said
    - assert:
        that:
          - said.stdout_lines == [inventory_hostname]
          - virtbs_labels.CEPH_LAYOUT == ['OSD', 'MON']
          - virtbs_addresses.data.ipv4 == '172.16.18.128'
`;

t.test('other tools take the files of a slice as they are', { skip: noLab || noAnsible }, async (t) => {
  const directory = t.testdir({ 'cluster.yaml': CLUSTER, 'playbook.yaml': PLAYBOOK, elsewhere: {} });
  t.teardown(() => runVirtbs(directory, 'wipe'));
  const before = await takeInventory(directory);
  const cycle = await runVirtbs(directory, 'cycle', '--file', 'cluster.yaml');
  t.equal(cycle.code, 0, cycle.stderr);

  const script = join(await packageDirectory(), 'bin', 'virtbs-inventory');
  for (const inventory of ['hosts-bs1', 'hosts-bs1.yaml', script]) {
    await t.test(`Ansible with ${inventory}`, async (t) => {
      const raw = await run(directory, ['ansible', '-i', inventory, 'all', '-m', 'raw', '-a', 'hostname', '-o']);
      t.equal(raw.code, 0, raw.stdout + raw.stderr);
      for (const host of ['controller-02', 'disk-80', 'builder']) t.match(raw.stdout, `${host} | CHANGED`);
      t.notMatch(raw.stdout, /localhost/, 'this machine is not among all hosts');
      const listed = await run(directory, ['ansible-inventory', '-i', inventory, '--list']);
      t.match(listed, { code: 0, stderr: '', stdout: /"172\.16\.17\.128"/ });
    });
  }
  for (const inventory of ['hosts-bs1.yaml', script]) {
    const play = await run(directory, ['ansible-playbook', '-i', inventory, 'playbook.yaml']);
    t.equal(play.code, 0, play.stdout + play.stderr);
  }

  await t.test('plain ssh logs in, whatever the user says of all hosts', async (t) => {
    const config = join(directory, 'config');
    await writeFile(config, HOSTILE_SSH);
    const broken = await run(directory, ['ssh', '-F', config, 'disk-80', 'hostname']);
    t.not(broken.code, 0, 'nothing leads there yet');
    const installed = await runVirtbs(directory, 'ssh-config', 'install', '--file', config);
    t.match(installed, { code: 0, stdout: /^added, at the top of / });
    for (const host of ['disk-80', 'bs1-disk-80', 'disk', 'disk.1.bs1']) {
      const { stdout, stderr } = await run(directory, ['ssh', '-F', config, host, 'hostname']);
      t.equal(stdout, 'disk-80', `${host}: ${stderr}`);
    }
    await t.rejects(stat(join(directory, 'hostile')), { code: 'ENOENT' }, 'no local command was run');
    t.match(await runVirtbs(directory, 'ssh-config', 'remove', '--file', config), { code: 0, stdout: /^removed/ });
    t.equal(await readFile(config, 'utf8'), HOSTILE_SSH);
    await rm(config);
  });
  await t.test('the slice is the same by another path to its root', async (t) => {
    const link = join(directory, 'root');
    await symlink('/srv/virtbs', link);
    const { code, stdout, stderr } = await runVirtbs(directory, '--root', link, 'wipe', '--dry-run');
    t.match([code, stdout], [0, /bs1-disk-80/], stderr);
    await rm(link);
  });
  await t.test('the state is true of the guests', (t) => checkState(t, directory));
  await t.test('from elsewhere the VMs are reached through the jump host', (t) => checkRemote(t, directory));
  await t.test('the variables lead to the VMs', async (t) => {
    const login =
      '. ./env-bs1.sh; ssh -F "$VIRTBS_SSH_CONFIG" disk-80 "ip -o addr" | grep -c -e "$VIRTBS_DISK_80_DATA_IP/"';
    t.match(await run(directory, ['sh', '-c', login]), { code: 0, stdout: '1' });
  });

  t.equal((await run(directory, ['virsh', '-q', 'destroy', 'bs1-disk-80'])).code, 0);
  const left = await run(directory, ['ansible-inventory', '-i', script, '--list']);
  t.notMatch(left.stdout, /disk-80/, 'the hypervisor is asked, not the files');

  t.equal((await runVirtbs(directory, 'wipe')).code, 0);
  await rm(join(directory, 'elsewhere'), { recursive: true });
  t.strictSame(await takeInventory(directory), before, 'no file is left, and no connection that Ansible kept open');
  t.match(await run(directory, ['ansible-inventory', '-i', script, '--list']), { code: 0, stdout: /"hostvars": \{\}/ });
});

/** Compares what the state says with what the guest says when it is asked otherwise. */
async function checkState(t: Test, directory: string): Promise<void> {
  const state = stateSchema.parse(JSON.parse(await readFile(join(directory, 'state-bs1.json'), 'utf8')));
  t.strictSame(
    state.vms.map(({ hostname, facts }) => [hostname, facts?.shortName]),
    [
      ['controller-02', 'controller-02'],
      ['disk-80', 'disk-80'],
      ['builder', 'builder'],
    ],
  );
  const disk = state.vms[1];
  t.match(disk?.labels, { CEPH_LAYOUT: ['OSD', 'MON'] });
  const asked = await run(directory, ['ssh', '-F', 'sshconf-bs1', 'disk-80', 'uname -r; hostname -f; lsblk --json']);
  const [kernel, longName, ...json] = asked.stdout.split('\n');
  t.match(disk?.facts, { kernel, longName, arch: 'x86_64' });
  const { blockdevices } = JSON.parse(json.join('\n')) as {
    readonly blockdevices: readonly { name: string; size: number; serial: string; ro: boolean; type: string }[];
  };
  t.strictSame(
    disk?.facts?.disks.map(({ name, sizeBytes, serial, readOnly }) => ({ name, sizeBytes, serial, readOnly })),
    blockdevices
      .filter(({ type }) => type === 'disk')
      .map(({ name, size, serial, ro }) => ({ name, sizeBytes: size, serial, readOnly: ro })),
  );
  t.strictSame(
    disk?.facts?.disks.map((found) => found.disk),
    ['root', 'data1', 'data2', 'data3', null],
    'a test finds its disks by their names in the plan',
  );
}

/** Takes along what the file says to take along, and nothing else; how to log in to the jump host is everybody's own. */
async function checkRemote(t: Test, directory: string): Promise<void> {
  const elsewhere = join(directory, 'elsewhere');
  for (const name of ['sshconf-remote-bs1', 'known_hosts-bs1', 'hosts-remote-bs1']) {
    await copyFile(join(directory, name), join(elsewhere, name));
  }
  await copyFile('/srv/virtbs/keys/bs1/id_ed25519', join(elsewhere, 'id_ed25519-bs1'));
  await writeFile(
    join(elsewhere, 'config'),
    `Include ${elsewhere}/sshconf-remote-bs1
Host 172.16.17.2
  IdentityFile ${elsewhere}/id_ed25519-bs1
  UserKnownHostsFile ${elsewhere}/known_hosts-bs1
  StrictHostKeyChecking yes
`,
  );
  const login = await run(elsewhere, ['ssh', '-F', 'config', 'disk-80', 'hostname; echo $SSH_CONNECTION']);
  t.equal(login.code, 0, login.stderr);
  t.match(login.stdout, /^disk-80\n172\.16\.17\.2 /, 'it comes from the jump host');
  const jump = `ANSIBLE_SSH_ARGS=-F ${elsewhere}/config`;
  const ansible = ['ansible', '-i', 'hosts-remote-bs1', 'disk-80', '-m', 'raw', '-a', 'echo $SSH_CONNECTION', '-o'];
  const raw = await run(elsewhere, ['env', jump, ...ansible]);
  t.match(raw, { code: 0, stdout: /disk-80 \| CHANGED.*172\.16\.17\.2 / }, 'and so does Ansible');
}

/** As osweint reads it: every key leads to another. */
const STEERING = {
  label: { 'l-os': { OS_INSTALLED: ['SLE_12'], CEPH_LAYOUT: ['NONE'] }, 'l-osd': { CEPH_LAYOUT: ['OSD', 'MON'] } },
  images: { 'i-1': { OS_IMAGE_NAME: 'SLES12', usr_label: ['l-os'] } },
  flavor: { 'f-1': { OS_FLAVOR_NAME: 'd2.tiny' } },
  instances: {
    'bb-1': { uuid_image: 'i-1', uuid_flavour: 'f-1', usr_label: ['l-osd'] },
    'bb-2': { uuid_image: 'i-1', uuid_flavour: 'f-1' },
  },
};

t.test("osweint's instances are found in the state by their labels", { skip: noLab }, async (t) => {
  const names = 'steering: { images: { SLES12: mini }, flavors: { d2.tiny: plain } }\n';
  const directory = t.testdir({ 'names.yaml': names, 'steering.json': JSON.stringify(STEERING) });
  t.teardown(() => runVirtbs(directory, 'wipe'));
  const cycle = await runVirtbs(directory, 'cycle', '--file', 'steering.json', '-c', 'names.yaml');
  t.equal(cycle.code, 0, cycle.stderr);
  const { vms } = stateSchema.parse(JSON.parse(await readFile(join(directory, 'state-bs1.json'), 'utf8')));
  t.strictSame(Object.fromEntries(vms.map(({ hostname, labels }) => [hostname, labels])), {
    'plain-60': { WE_TYPE_UUID: 'bb-1', OS_INSTALLED: ['SLE_12'], CEPH_LAYOUT: ['OSD', 'MON'] },
    'plain-61': { WE_TYPE_UUID: 'bb-2', OS_INSTALLED: ['SLE_12'], CEPH_LAYOUT: ['NONE'] },
  });
  const osd = vms.find(({ labels }) => String(labels['CEPH_LAYOUT']).includes('OSD'));
  const login = await run(directory, ['ssh', '-F', 'sshconf-bs1', String(osd?.hostname), 'hostname']);
  t.equal(login.stdout, 'plain-60', 'the one that is chosen by its labels answers');
});
