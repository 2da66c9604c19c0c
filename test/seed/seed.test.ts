import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { runProgram } from '../../src/process/run-program.js';
import { buildSeed } from '../../src/seed/seed.js';
import { writeSeedImage } from '../../src/seed/write-seed-image.js';
import type { SlicePlan } from '../../src/plan/plan.js';
import { planOf, planWith } from '../plan/plan-of.js';

const KEYS = {
  authorizedKey: 'ssh-ed25519 AAAAlogin virtbs-bs1',
  hostPrivateKey: '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\nBBBB\n-----END OPENSSH PRIVATE KEY-----\n',
  hostPublicKey: 'ssh-ed25519 AAAAhost bs1-controller-02',
};
const { signal } = new AbortController();

function seedOf(plan: SlicePlan, index = 0): { meta: unknown; user: unknown; network: unknown; userData: string } {
  const vm = plan.vms[index];
  if (!vm) throw new Error('the plan has no such VM');
  const { metaData, userData, networkConfig } = buildSeed(plan, vm, KEYS);
  const [meta, user, network] = [metaData, userData, networkConfig].map(
    (text) => parse(text, { version: '1.1' }) as unknown,
  );
  return { meta, user, network, userData };
}

t.test('a seed names the host, lets the slice in, and carries the host key', async (t) => {
  const plan = await planOf(1, 'controller:1');
  const { meta, user, userData } = seedOf(plan);
  t.strictSame(meta, { 'instance-id': plan.vms[0]?.uuid, 'local-hostname': 'controller-02' });
  t.ok(userData.startsWith('#cloud-config\n'));
  t.match(user, {
    hostname: 'controller-02',
    users: [
      { name: 'stack', sudo: 'ALL=(ALL) NOPASSWD:ALL', lock_passwd: true, ssh_authorized_keys: [KEYS.authorizedKey] },
    ],
    ssh_pwauth: false,
    disable_root: true,
    ssh_keys: { ed25519_private: KEYS.hostPrivateKey, ed25519_public: KEYS.hostPublicKey },
  });
});

t.test('a seed carries files for the root of the guest alone', async (t) => {
  const plan = await planOf(1, 'controller:1');
  const [vm] = plan.vms;
  const files = [{ path: '/etc/token', content: 'it\'s: \\ "x"\n' }];
  const { userData } = vm ? buildSeed(plan, vm, { ...KEYS, files }) : { userData: '' };
  t.match(parse(userData, { version: '1.1' }), {
    write_files: [
      { path: '/etc/hosts', permissions: '0644' },
      { path: '/etc/token', permissions: '0600', owner: 'root:root', content: files[0]?.content },
    ],
  });
});

t.test('every NIC has its planned addresses by its MAC, the default route is on the first network alone', async (t) => {
  const { network } = seedOf(await planOf(1, 'controller:1'));
  t.strictSame(network, {
    version: 2,
    ethernets: {
      '00-net0': {
        match: { macaddress: '52:54:00:10:01:02' },
        dhcp4: false,
        dhcp6: false,
        'accept-ra': false,
        addresses: ['172.16.17.2/24', 'fd00:aaaa:0:1001::2/64'],
        routes: [
          { to: '0.0.0.0/0', via: '172.16.17.1' },
          { to: '::/0', via: 'fd00:aaaa:0:1001::1' },
        ],
        nameservers: { addresses: ['172.16.17.1'] },
        mtu: 1500,
      },
      '00-net1': {
        match: { macaddress: '52:54:00:10:02:02' },
        dhcp4: false,
        dhcp6: false,
        'accept-ra': false,
        addresses: ['172.16.18.2/24', 'fd00:aaaa:0:1002::2/64'],
        mtu: 1500,
      },
    },
  });
});

t.test('no value is anything else to a reader of YAML 1.1, as cloud-init is, than to one of YAML 1.2', async (t) => {
  const plan = await planOf(1, 'controller:20', 'worker:30');
  for (const vm of plan.vms) {
    for (const text of Object.values(buildSeed(plan, vm, KEYS)) as string[]) {
      t.strictSame(parse(text, { version: '1.1' }), parse(text, { version: '1.2' }), vm.hostname);
    }
  }
});

t.test('a first network without a host has no route and no name server', async (t) => {
  const literals = [
    'network_flags.dark={host_address: false, mtu: 9000}',
    'machine_matrix.roles.plain.nets=[dark, net]',
  ];
  const { network } = seedOf(await planWith(literals, 1, 'plain'));
  const first = (network as { ethernets: Record<string, Record<string, unknown>> }).ethernets['00-net0'];
  t.match(first, { mtu: 9000, addresses: Array });
  t.notMatch(first, { routes: Array });
  t.notMatch(first, { nameservers: Object });
});

t.test('a VM knows its peers by name, on the networks they share', async (t) => {
  const { user } = seedOf(await planOf(1, 'plain:1', 'controller:1'));
  const [file] = (user as { write_files: { path: string; content: string }[] }).write_files;
  t.equal(file?.path, '/etc/hosts');
  t.match(file?.content, /^127\.0\.0\.1 localhost$/m);
  t.match(file?.content, /^172\.16\.17\.96 plain-60$/m);
  t.match(file?.content, /^172\.16\.17\.2 controller-02$/m);
  t.match(file?.content, /^fd00:aaaa:0:1001::2 controller-02$/m);
  t.notMatch(file?.content, /172\.16\.18\.2/, 'a network that plain-60 is not on');
});

t.test('the image is an ISO 9660 file system labelled cidata that only its owner reads', async (t) => {
  const plan = await planOf(1, 'controller:1');
  const [vm] = plan.vms;
  if (!vm) throw new Error('no VM');
  const path = join(t.testdir(), 'controller-02.iso');
  const seed = buildSeed(plan, vm, KEYS);
  await writeSeedImage(path, seed, signal);
  t.equal((await stat(path)).mode & 0o777, 0o600);
  const { stdout: label } = await runProgram('blkid', ['-o', 'value', '-s', 'LABEL', path]);
  t.equal(label, 'cidata');
  const image = await readFile(path, 'latin1');
  for (const content of Object.values(seed) as string[]) t.ok(image.includes(content));
  await t.rejects(stat(`${path}.files`), { code: 'ENOENT' });
});

t.test('the same seed can be written again over the old one', async (t) => {
  const plan = await planOf(1, 'controller:1');
  const [vm] = plan.vms;
  if (!vm) throw new Error('no VM');
  const path = join(t.testdir(), 'controller-02.iso');
  await writeSeedImage(path, buildSeed(plan, vm, KEYS), signal);
  await t.resolves(writeSeedImage(path, buildSeed(plan, vm, KEYS), signal));
});
