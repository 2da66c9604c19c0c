import fc from 'fast-check';
import t from 'tap';
import { diskSerial } from '../../src/plan/disk-serial.js';
import { planJson } from '../../src/plan/plan-json.js';
import { planOf, planWith } from './plan-of.js';

t.test('the plan of one controller and one worker is the documented one', async (t) => {
  const { version, slice, networks, vms } = await planOf(1, 'controller:1', 'worker:1');
  t.strictSame([version, slice], [1, 1]);
  t.strictSame(networks, [
    {
      name: 'net',
      bridge: 'bs1-net',
      id: 1,
      mac: '52:54:00:10:01:01',
      mtu: 1500,
      ipv4: { cidr: '172.16.17.0/24', host: '172.16.17.1' },
      ipv6: { cidr: 'fd00:aaaa:0:1001::/64', host: 'fd00:aaaa:0:1001::1' },
      forward: 'nat',
      serving: { ipv4: true, ipv6: false, dns: true },
      labels: {},
    },
    {
      name: 'data',
      bridge: 'bs1-data',
      id: 2,
      mac: '52:54:00:10:02:01',
      mtu: 1500,
      ipv4: { cidr: '172.16.18.0/24', host: '172.16.18.1' },
      ipv6: { cidr: 'fd00:aaaa:0:1002::/64', host: 'fd00:aaaa:0:1002::1' },
      forward: 'none',
      serving: { ipv4: true, ipv6: false, dns: true },
      labels: {},
    },
  ]);
  t.match(vms, [
    {
      hostname: 'controller-02',
      domain: 'bs1-controller-02',
      uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      role: 'controller',
      offset: 2,
      memoryMiB: 128,
      vcpu: 1,
      accessAddress: '172.16.17.2',
      interfaces: [
        { network: 'net', mac: '52:54:00:10:01:02', ipv4: '172.16.17.2', ipv6: 'fd00:aaaa:0:1001::2' },
        { network: 'data', mac: '52:54:00:10:02:02', ipv4: '172.16.18.2', ipv6: 'fd00:aaaa:0:1002::2' },
      ],
      disks: [{ name: 'root', target: 'vda', sizeBytes: 1024 ** 3, slot: 'mini', tag: 'default' }],
    },
    { hostname: 'worker-20', offset: 0x20, accessAddress: '172.16.17.32' },
  ]);
});

t.test('the plan for programs has the members of the contract, and no others', async (t) => {
  const { networks, vms, ...rest } = planJson(await planOf(1, 'disk:1'));
  t.strictSame(rest, { version: 1, slice: 1 });
  t.strictSame(Object.keys(networks[0] ?? {}), [
    'name',
    'bridge',
    'id',
    'mac',
    'mtu',
    'ipv4',
    'ipv6',
    'forward',
    'serving',
    'labels',
  ]);
  t.strictSame(Object.keys(vms[0] ?? {}), [
    ...['hostname', 'domain', 'uuid', 'role', 'offset', 'memoryMiB', 'vcpu', 'accessAddress', 'interfaces', 'disks'],
    'labels',
  ]);
  t.strictSame(vms[0]?.disks[1], { name: 'data1', target: 'vdb', sizeBytes: 1024 ** 3, slot: null, tag: null });
  t.strictSame(Object.keys(vms[0]?.interfaces[0] ?? {}), ['network', 'mac', 'ipv4', 'ipv6']);
});

t.test('the same request gives the same plan every time', async (t) => {
  t.strictSame(await planOf(3, 'controller:2', 'disk'), await planOf(3, 'controller:2', 'disk'));
});

t.test('the count and the order of roles never move the VMs of another shipped role', async (t) => {
  const few = await planOf(1, 'controller:1', 'worker:1', 'disk:1');
  const many = await planOf(1, 'disk:3', 'worker:30', 'controller:20', 'plain:9');
  for (const vm of few.vms)
    t.strictSame(
      many.vms.find(({ hostname }) => hostname === vm.hostname),
      vm,
    );
});

t.test('no two VMs of any slices share a name, a UUID, a MAC or an address', async (t) => {
  const plans = await Promise.all(
    [0, 1, 2, 10, 12, 255].map((slice) => planOf(slice, 'controller:5', 'worker:5', 'pxe:2')),
  );
  const vms = plans.flatMap((plan) => plan.vms);
  const values = vms.flatMap(({ domain, uuid, interfaces }) => [
    domain,
    uuid,
    ...interfaces.flatMap(({ mac, ipv4, ipv6 }) => [mac, ipv4, ipv6]),
  ]);
  t.equal(new Set(values).size, values.length);
});

t.test('roles without a range are packed from 2 in the order asked for, around those that have one', async (t) => {
  const literals = ['machine_matrix.roles.free1={}', 'machine_matrix.roles.free2={}'].map((text) =>
    text.replace('{}', '{nets: [net]}'),
  );
  const { vms } = await planWith(literals, 1, 'free2:2', 'controller:1', 'free1:1');
  t.strictSame(
    vms.map(({ hostname }) => hostname),
    ['free2-03', 'free2-04', 'controller-02', 'free1-05'],
  );
});

t.test('a role with a limit gets no more VMs than that', async (t) => {
  const literals = ['machine_matrix.roles.controller.max_count=2'];
  const { vms } = await planWith(literals, 1, 'controller:2', 'worker:3');
  t.equal(vms.length, 5);
  await t.rejects(planWith(literals, 1, 'controller:3', 'worker:1'), {
    code: 'plan-invalid',
    message: /: controller: 3 VMs are asked for, a slice has 2 of them at most$/,
  });
});

t.test('a role is a host name: lower case, without underscores', async (t) => {
  const { vms } = await planWith(
    ['machine_matrix.roles.PXE_compute={nets: [net], first_offset: 0x70}'],
    1,
    'PXE_compute',
  );
  t.match(vms, [{ hostname: 'pxe-compute-70', domain: 'bs1-pxe-compute-70', role: 'PXE_compute' }]);
});

t.test('a network that shares a bridge has its own addresses on it', async (t) => {
  const literals = ['network_flags.extra={same_bridge: net}', 'machine_matrix.roles.plain.nets=[net, extra]'];
  const { networks } = await planWith(literals, 1, 'plain');
  t.match(networks, [
    { name: 'net', bridge: 'bs1-net', id: 1 },
    { name: 'extra', bridge: 'bs1-net', id: 3, ipv4: { cidr: '172.16.19.0/24' }, forward: 'nat' },
  ]);
});

t.test('a network on which the host has no address serves nothing, and logins go to the next', async (t) => {
  const literals = ['network_flags.dark={host_address: false}', 'machine_matrix.roles.plain.nets=[dark, net]'];
  const { networks, vms } = await planWith(literals, 1, 'plain');
  t.match(networks[1], {
    name: 'dark',
    ipv4: { host: null },
    ipv6: { host: null },
    serving: { ipv4: false, dns: false },
  });
  t.equal(vms[0]?.accessAddress, '172.16.17.96');
});

t.test('only networks of roles that are asked for are planned, with the numbers they always have', async (t) => {
  const literals = ['machine_matrix.roles.odd={nets: [zeta, net]}'];
  t.strictSame(
    (await planWith(literals, 1, 'plain')).networks.map(({ name, id }) => [name, id]),
    [['net', 1]],
  );
  t.strictSame(
    (await planWith(literals, 1, 'odd')).networks.map(({ name, id }) => [name, id]),
    [
      ['net', 1],
      ['zeta', 3],
    ],
  );
});

const REFUSED: readonly (readonly [
  title: string,
  literals: readonly string[],
  slice: number,
  topology: string,
  error: { code: string; message: RegExp },
])[] = [
  ['a slice outside the pool', [], 256, 'controller', { code: 'usage', message: /--slice 256 .*slices 0 to 255/ }],
  [
    'an unknown role',
    [],
    1,
    'contoller',
    { code: 'usage', message: /unknown role "contoller", did you mean "controller"\?/ },
  ],
  ['no VM at all', [], 1, 'controller:0', { code: 'usage', message: /no VM is asked for/ }],
  [
    'counts that run into the next role',
    [],
    1,
    'controller:31,worker:1',
    { code: 'plan-invalid', message: /^slices\/roles\.yaml:\d+:\d+: .*0x20, which is taken by role/ },
  ],
  ['more VMs than offsets', [], 1, 'worker:224', { code: 'plan-invalid', message: /offset 0xff, the last is 0xfe/ }],
  [
    'a bridge name that is too long',
    ['machine_matrix.roles.plain.nets=[elevenchars]'],
    15,
    'plain',
    { code: 'plan-invalid', message: /"bs15-elevenchars" is longer than 15 characters: 10 are left in slice 15/ },
  ],
  [
    'two networks of one number',
    ['network_flags.data.id=1'],
    1,
    'controller',
    { code: 'plan-invalid', message: /network_flags\.data\.id=1 .*number 1 is that of network/s },
  ],
  [
    'a network number outside the slice',
    ['network_flags.data.id=16'],
    1,
    'controller',
    { code: 'plan-invalid', message: /network number 16 does not fit: a slice has 16 networks/ },
  ],
  [
    'a wait for a login where nobody could log in',
    ['network_flags.dark={host_address: false}', 'machine_matrix.roles.plain.nets=[dark]'],
    1,
    'plain',
    { code: 'plan-invalid', message: /plain: the host has no address .*"wait: none"/ },
  ],
  [
    'two roles of one host name',
    ['machine_matrix.roles.a_b={nets: [net]}', 'machine_matrix.roles.a-b={nets: [net]}'],
    1,
    'a_b,a-b',
    { code: 'plan-invalid', message: /a_b: its VMs would have the names of those of role "a-b"/ },
  ],
  [
    'a pool that is not aligned',
    ['address_pool.ipv4_start=172.16.1.0'],
    1,
    'plain',
    { code: 'plan-invalid', message: /address_pool\.ipv4_start: 172\.16\.1\.0 is not the start of a \/20/ },
  ],
];

for (const [title, literals, slice, topology, error] of REFUSED) {
  t.test(`${title} is refused, with its place`, async (t) => {
    await t.rejects(planWith(literals, slice, topology), error);
  });
}

t.test('ten characters are left for a network in slice 15', async (t) => {
  const { networks } = await planWith(['machine_matrix.roles.plain.nets=[tencharact]'], 15, 'plain');
  t.equal(networks[0]?.bridge, 'bs15-tencharact');
});

t.test('any counts that fit give as many VMs, all within their network', async () => {
  const counts = fc.record({
    controller: fc.nat(30),
    worker: fc.nat(64),
    plain: fc.nat(32),
    disk: fc.nat(64),
    pxe: fc.nat(63),
  });
  const property = fc.asyncProperty(fc.nat(255), counts, async (slice, asked) => {
    const total = Object.values(asked).reduce((sum, count) => sum + count, 0);
    fc.pre(total > 0);
    const { vms } = await planOf(slice, ...Object.entries(asked).map(([role, count]) => `${role}:${count}`));
    return vms.length === total && new Set(vms.map(({ hostname }) => hostname)).size === total;
  });
  await fc.assert(property, { numRuns: 30, seed: 3 });
});

/** Literals that give slice 1's role `plain` these disks. */
function plainDisks(...names: readonly string[]): readonly string[] {
  return names.map((name) => `machine_matrix.roles.plain.disks.${name}={size: 1GiB}`);
}

t.test(
  'disks whose long names begin alike have serial numbers of their own, short ones that of their name',
  async (t) => {
    const names = ['ceph-bluestore-block-wal-1', 'ceph-bluestore-block-wal-2', 'twenty-characters-ab'];
    const plan = await planWith(plainDisks(...names), 1, 'plain:1');
    const serials = new Map(plan.vms[0]?.disks.map((disk) => [disk.name, diskSerial(disk)]));
    t.equal(serials.get('twenty-characters-ab'), 'twenty-characters-ab');
    const [one = '', two = ''] = names.map((name) => serials.get(name));
    t.not(one, two);
    for (const serial of [one, two]) t.match(serial, /^ceph-bluest-[0-9a-f]{8}$/);
  },
);

t.test('a disk cannot have the name of the seed, nor the serial number of another disk', async (t) => {
  await t.rejects(planWith(plainDisks('virtbs-seed'), 1, 'plain:1'), {
    code: 'plan-invalid',
    message: /^-E machine_matrix\.roles\.plain\.disks\.virtbs-seed=.*: plain: no disk can have the name "virtbs-seed"/,
  });
  const long = 'ceph-bluestore-block-wal-1';
  const twin = diskSerial({ name: long });
  await t.rejects(planWith(plainDisks(long, twin), 1, 'plain:1'), {
    code: 'plan-invalid',
    message: new RegExp(`disks "${long}" and "${twin}" would have one serial number`),
  });
});

t.test('a disk that qcow2 has no room for is refused', async (t) => {
  await t.rejects(planWith(['machine_matrix.roles.plain.disks.big={size: 3000TiB}'], 1, 'plain:1'), {
    code: 'plan-invalid',
    message: /disk "big" is larger than 2 PiB/,
  });
});

t.test('an MTU that IPv6 cannot work with is told, also where the host has no address', async (t) => {
  for (const more of [[], ['network_flags.net={host_address: false, internet_access: false}']]) {
    const literals = ['network_flags.net.mtu=1279', 'machine_matrix.roles.plain.wait=none', ...more];
    await t.rejects(planWith(literals, 1, 'plain:1'), {
      code: 'plan-invalid',
      message: /network_flags\.net\.mtu.*net: an mtu of 1279 is too small: IPv6.* at least 1280/,
    });
  }
  const { networks } = await planWith(['network_flags.net.mtu=1280'], 1, 'plain:1');
  t.equal(networks[0]?.mtu, 1280);
});
