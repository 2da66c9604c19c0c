import { readFile, writeFile } from 'node:fs/promises';
import { hostname as ownName } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { PlanJson, VmPlanJson } from '../../src/plan/plan-json.js';
import { startReceiver } from '../mail/smtp-receiver.js';
import { takeInventory } from './host-inventory.js';
import { noLab, run, runVirtbs, type Ending } from './run-virtbs.js';

const skip = noLab;

/** Runs a command in a guest the way a person would. */
async function ssh(directory: string, host: string, command: string): Promise<Ending> {
  return await run(directory, ['ssh', '-F', 'sshconf-bs1', host, command]);
}

async function readPlan(directory: string, ...topology: readonly string[]): Promise<PlanJson> {
  const { stdout } = await runVirtbs(directory, 'plan', 'roles', ...topology, '--json');
  return JSON.parse(stdout) as PlanJson;
}

/** Builds a slice and hands it over; takes it down whatever happens. */
async function withSlice(t: Test, args: readonly string[], work: (directory: string) => Promise<void>): Promise<void> {
  const directory = t.testdir();
  try {
    const { code, stderr } = await runVirtbs(directory, ...args);
    t.equal(code, 0, stderr);
    if (code === 0) await work(directory);
  } finally {
    const { code, stderr } = await runVirtbs(directory, 'wipe');
    t.equal(code, 0, stderr);
  }
}

/** The addresses of a guest's NICs by MAC, as the guest itself sees them, without link-local ones. */
async function guestAddresses(directory: string, vm: VmPlanJson): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const { stdout } = await ssh(
    directory,
    vm.hostname,
    'for d in /sys/class/net/*; do echo "@ $(cat $d/address)"; ip -o addr show dev ${d##*/}; done',
  );
  const addresses = new Map<string, Set<string>>();
  let mac = '';
  for (const line of stdout.split('\n')) {
    mac = /^@ (\S+)/.exec(line)?.[1] ?? mac;
    const address = /inet6? (\S+)/.exec(line)?.[1];
    if (address !== undefined && !address.startsWith('fe80:'))
      addresses.set(mac, (addresses.get(mac) ?? new Set()).add(address));
  }
  return addresses;
}

t.test('one VM and four: log in, planned addresses on every NIC, peers by address and name', { skip }, async (t) => {
  for (const topology of [['controller:1'], ['controller:2', 'worker:2']]) {
    await t.test(topology.join(' '), async (t) => {
      await withSlice(t, ['cycle', 'roles', ...topology], async (directory) => {
        const plan = await readPlan(directory, ...topology);
        await Promise.all(plan.vms.map((vm) => checkGuest(t, directory, { plan, vm })));
      });
    });
  }
});

interface GuestContext {
  readonly plan: PlanJson;
  readonly vm: VmPlanJson;
}

async function checkGuest(t: Test, directory: string, { plan, vm }: GuestContext): Promise<void> {
  const { hostname } = vm;
  t.match(await ssh(directory, hostname, 'hostname; id -un; sudo -n id -u'), {
    code: 0,
    stdout: `${hostname}\nstack\n0`,
    stderr: '',
  });
  const seen = await guestAddresses(directory, vm);
  for (const { network, mac, ipv4, ipv6 } of vm.interfaces) {
    const { ipv4: subnet } = plan.networks.find(({ name }) => name === network) ?? {};
    t.equal(subnet?.cidr.endsWith('/24'), true);
    t.strictSame([...(seen.get(mac) ?? [])].sort(), [`${ipv4}/24`, `${ipv6}/64`].sort(), `${hostname} on ${network}`);
  }
  const { stdout: routes } = await ssh(directory, hostname, '(ip route; ip -6 route) | grep ^default');
  t.match(routes, /^default via 172\.16\.17\.1 dev \S+.*\ndefault via fd00:aaaa:0:1001::1 dev \S+/);
  t.equal(routes.trim().split('\n').length, 2, 'the default route is on the first network alone');

  const peers = plan.vms.filter((peer) => peer !== vm);
  const targets = peers.flatMap((peer) => [
    peer.hostname,
    ...peer.interfaces.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]),
  ]);
  const hosts = plan.networks.flatMap(({ ipv4, ipv6 }) => [ipv4.host ?? '', ipv6.host ?? '']);
  const pings = [...targets, ...hosts].map((target) => `ping -c 1 -W 10 ${target} >/dev/null 2>&1 || echo ${target}`);
  t.equal((await ssh(directory, hostname, pings.join('; '))).stdout, '', `${hostname} reaches all others`);
  for (const peer of peers) {
    const { stdout } = await ssh(directory, hostname, `nslookup ${peer.hostname} 172.16.17.1`);
    t.match(stdout, peer.accessAddress ?? 'no address', `${peer.hostname} in the DNS of the host`);
  }
}

t.test('ssh works right after each of three cycles, strictly and without a word', { skip }, async (t) => {
  const directory = t.testdir();
  const boots = new Set<string>();
  for (const round of [1, 2, 3]) {
    const cycle = await runVirtbs(directory, 'cycle', 'roles', 'controller:1');
    t.equal(cycle.code, 0, cycle.stderr);
    for (const alias of ['controller-02', 'bs1-controller-02', 'controller']) {
      t.match(await ssh(directory, alias, 'true'), { code: 0, stdout: '', stderr: '' }, `round ${round}, ${alias}`);
    }
    boots.add((await ssh(directory, 'controller', 'cat /proc/sys/kernel/random/boot_id')).stdout);
    t.equal(
      (await ssh(directory, 'controller', 'touch /home/stack/mark; ls /home/stack')).stdout,
      'mark',
      'a new disk',
    );
  }
  t.equal(boots.size, 3, 'each cycle booted anew');
  t.equal((await runVirtbs(directory, 'wipe')).code, 0);
});

t.test('scp copies there and back', { skip }, async (t) => {
  await withSlice(t, ['cycle', 'roles', 'plain'], async (directory) => {
    const there = await run(directory, ['scp', '-q', '-F', 'sshconf-bs1', 'sshconf-bs1', 'plain:/tmp/there']);
    t.match(there, { code: 0, stderr: '' });
    t.match(await run(directory, ['scp', '-q', '-F', 'sshconf-bs1', 'plain-60:/tmp/there', 'back']), {
      code: 0,
      stderr: '',
    });
    t.equal(await readFile(join(directory, 'back'), 'utf8'), await readFile(join(directory, 'sshconf-bs1'), 'utf8'));
  });
});

t.test('wipe takes down its own slice alone, and leaves nothing of it', { skip }, async (t) => {
  const directory = t.testdir({
    'domain.xml':
      "<domain type='qemu'><name>bs1-personal</name><memory>65536</memory><os><type>hvm</type></os></domain>",
    'network.xml':
      "<network><name>bs1-lan</name><bridge name='bs1-lan'/><ip address='192.168.77.1' prefix='24'/></network>",
  });
  const before = await takeInventory(directory);
  await run(directory, ['virsh', '-q', 'define', 'domain.xml']);
  await run(directory, ['virsh', '-q', 'net-define', 'network.xml']);
  await run(directory, ['virsh', '-q', 'net-start', 'bs1-lan']);
  t.equal((await runVirtbs(directory, '-s', '10', 'cycle', 'roles', 'plain:1')).code, 0);
  const others = await takeInventory(directory);
  t.match(others, { domains: ['bs1-personal', 'bs10-plain-60'], networks: ['bs1-lan', 'bs10-net'] });
  t.ok(others.files.includes(join(directory, 'sshconf-bs10')));

  t.equal((await runVirtbs(directory, '-s', '1', 'cycle', 'roles', 'controller:1', 'worker:1')).code, 0);
  t.equal((await ssh(directory, 'controller', 'true')).code, 0, 'a shared connection is open now');
  const dry = await runVirtbs(directory, 'wipe', '--dry-run');
  t.match(dry.stdout, /nothing was changed\nwould destroy bs1-controller-02\nwould destroy bs1-worker-20\n/);
  t.equal((await ssh(directory, 'worker', 'true')).code, 0, 'a dry run changes nothing');
  const wiped = await runVirtbs(directory, '-s', '1', 'wipe');
  t.equal(wiped.code, 0, wiped.stderr);
  t.strictSame(await takeInventory(directory), others);

  t.equal((await runVirtbs(directory, 'wipe')).stdout, 'slice 1 is empty');
  t.equal((await run(directory, ['ssh', '-F', 'sshconf-bs10', 'plain', 'hostname'])).stdout, 'plain-60');
  t.equal((await runVirtbs(directory, '-s', '10', 'wipe')).code, 0);
  await run(directory, ['virsh', '-q', 'undefine', 'bs1-personal']);
  await run(directory, ['virsh', '-q', 'net-destroy', 'bs1-lan']);
  await run(directory, ['virsh', '-q', 'net-undefine', 'bs1-lan']);
  t.strictSame(await takeInventory(directory), before);
});

t.test('files are removed by a wipe from elsewhere, too', { skip }, async (t) => {
  const directory = t.testdir({ elsewhere: {} });
  t.equal((await runVirtbs(directory, 'cycle', 'roles', 'plain', '--no-wait')).code, 0);
  t.ok(await readFile(join(directory, 'sshconf-bs1')));
  t.equal((await runVirtbs(join(directory, 'elsewhere'), 'wipe')).code, 0);
  await t.rejects(readFile(join(directory, 'sshconf-bs1')), { code: 'ENOENT' });
  await t.rejects(readFile(join(directory, 'known_hosts-bs1')), { code: 'ENOENT' });
});

t.test('the way out is through NAT; from an isolated network there is none', { skip }, async (t) => {
  const directory = t.testdir();
  const outside = '198.51.100.2';
  for (const command of [
    'ip netns add outside',
    'ip link add out0 type veth peer name out1 netns outside',
    'ip addr add 198.51.100.1/24 dev out0',
    'ip link set out0 up',
    `ip -n outside addr add ${outside}/24 dev out1`,
    'ip -n outside link set out1 up',
  ]) {
    t.equal((await run(directory, command.split(' '))).code, 0, command);
  }
  try {
    const isolated = 'machine_matrix.roles.worker.nets=[data]';
    await withSlice(t, ['-E', isolated, 'cycle', 'roles', 'controller:1', 'worker:1'], async () => {
      const ping = `ping -c 1 -W 5 ${outside}`;
      t.match(await ssh(directory, 'controller', ping), { code: 0 }, 'the one with NAT gets through');
      t.not((await ssh(directory, 'worker', ping)).code, 0, 'the isolated one does not');
      t.not((await ssh(directory, 'worker', 'ping -c 1 -W 5 172.16.17.2')).code, 0, 'nor to the other network');
      t.equal((await ssh(directory, 'worker', 'ping -c 1 -W 5 172.16.18.1')).code, 0, 'but to its host');
    });
  } finally {
    await run(directory, ['ip', 'link', 'del', 'out0']);
    await run(directory, ['ip', 'netns', 'del', 'outside']);
  }
});

t.test(
  'networks without a host, with their own MTU, or on a shared bridge carry their addresses',
  { skip },
  async (t) => {
    const literals = [
      'network_flags.dark={host_address: false, mtu: 9000}',
      'network_flags.twin={same_bridge: net}',
      'machine_matrix.roles.plain.nets=[net, dark, twin]',
    ].flatMap((literal) => ['-E', literal]);
    await withSlice(t, [...literals, 'cycle', 'roles', 'plain:2'], async (directory) => {
      const [first, second] = (
        JSON.parse((await runVirtbs(directory, ...literals, 'plan', 'roles', 'plain:2', '--json')).stdout) as PlanJson
      ).vms;
      t.equal(
        (await run(directory, ['ip', '-br', '-4', 'addr', 'show', 'dev', 'bs1-dark'])).stdout.includes('172.'),
        false,
      );
      const targets = (second?.interfaces ?? []).flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]);
      const pings = targets.map((target) => `ping -c 1 -W 10 ${target} >/dev/null 2>&1 || echo ${target}`);
      t.equal((await ssh(directory, first?.hostname ?? '', pings.join('; '))).stdout, '');
      const big = await ssh(directory, first?.hostname ?? '', `ping -c 1 -W 10 -s 8900 ${second?.interfaces[1]?.ipv4}`);
      t.equal(big.code, 0, 'a frame of 9000 bytes gets through');
      t.equal(
        (await ssh(directory, first?.hostname ?? '', 'cat /sys/class/net/*/mtu | sort -n | uniq')).stdout.includes(
          '9000',
        ),
        true,
      );
    });
  },
);

t.test('a guest that asks by DHCP is given the address of the plan', { skip }, async (t) => {
  await withSlice(t, ['cycle', 'roles', 'plain:1'], async (directory) => {
    const { stdout, stderr } = await ssh(directory, 'plain', 'sudo udhcpc -f -n -q -i eth0 -s /bin/true 2>&1');
    t.match(stdout + stderr, /172\.16\.17\.96/);
  });
});

t.test('ls shows the slice, plan does not touch it, a dry run says what would happen', { skip }, async (t) => {
  await withSlice(t, ['cycle', 'roles', 'controller:1'], async (directory) => {
    const { stdout } = await runVirtbs(directory, 'ls');
    t.match(
      stdout,
      /^SLICE +VM +STATE +ADDRESS.*\n1 +controller-02 +running +172\.16\.17\.2 +1 +128 MiB +[\d.]+ MiB +[\d.]+ [KM]iB +mini\/[0-9a-f]+ +(\d+m )?\d+s +\S+@/,
    );
    t.equal((await runVirtbs(directory, '-s', '2', 'ls')).stdout, 'slice 2 is empty');
    t.match(JSON.parse((await runVirtbs(directory, 'ls', '--json')).stdout), { version: 1, slices: [{ slice: 1 }] });
    const dry = await runVirtbs(directory, 'cycle', 'roles', 'worker:1', '--dry-run');
    t.match(
      dry.stdout,
      /nothing was changed\nwould destroy bs1-controller-02\n[^]*would build bs1-worker-20 \(172\.16\.17\.32\)/,
    );
    t.equal((await ssh(directory, 'controller', 'hostname')).stdout, 'controller-02');
  });
});

t.test('what fails early leaves the running slice alone', { skip }, async (t) => {
  await withSlice(t, ['cycle', 'roles', 'plain:1'], async (directory) => {
    const boot = async (): Promise<string> =>
      (await ssh(directory, 'plain', 'cat /proc/sys/kernel/random/boot_id')).stdout;
    const before = await boot();
    const image = 'image_flow.broken={image_download: {url: /does/not/exist.qcow2, insecure: true}}';
    const failures: readonly (readonly [args: readonly string[], code: number, message: RegExp])[] = [
      [['cycle', 'roles', 'contoller'], 2, /unknown role "contoller", did you mean "controller"/],
      [['cycle', 'role', 'plain'], 2, /unknown layer "role", did you mean "roles"/],
      [['-E', 'machine_matrix.roles.plain.memroy=1G', 'cycle', 'roles', 'plain'], 2, /unrecognized key "memroy"/],
      [
        ['-E', 'machine_matrix.roles.plain.memory=9000G', 'cycle', 'roles', 'plain'],
        1,
        /the host has [\d.]+ [MG]iB available/,
      ],
      [
        ['-E', image, '-E', 'machine_matrix.roles.plain.disks.root.image_slot=broken', 'cycle', 'roles', 'plain'],
        1,
        /does\/not\/exist/,
      ],
      [['-E', 'machine_matrix.roles.plain.disks.root.size=32MiB', 'cycle', 'roles', 'plain'], 2, /image "mini" needs/],
      [['--output-dir', '/proc/nowhere', 'cycle', 'roles', 'plain'], 1, /\/proc\/nowhere/],
    ];
    for (const [args, code, message] of failures) {
      const ending = await runVirtbs(directory, ...args);
      t.match(ending, { code, stderr: message, stdout: '' }, args.join(' '));
      t.notMatch(ending.stderr, /^\s+at /m, 'no stack trace');
    }
    t.equal(await boot(), before);
  });
});

t.test('a clash with the host is found and named before anything is touched', { skip }, async (t) => {
  const directory = t.testdir();
  await run(directory, ['ip', 'link', 'add', 'office0', 'type', 'veth', 'peer', 'name', 'office1']);
  await run(directory, ['ip', 'addr', 'add', '172.16.17.77/24', 'dev', 'office0']);
  await run(directory, ['ip', 'link', 'set', 'office0', 'up']);
  const route = await runVirtbs(directory, 'cycle', 'roles', 'plain');
  t.match(route, {
    code: 1,
    stderr: /network "net" of slice 1 \(172\.16\.17\.0\/24\) meets the host's route .* to office0/,
  });
  await run(directory, ['ip', 'link', 'del', 'office0']);
  await run(directory, ['ip', 'link', 'add', 'bs1-net', 'type', 'bridge']);
  const device = await runVirtbs(directory, 'cycle', 'roles', 'plain');
  t.match(device, { code: 1, stderr: /a network device named "bs1-net" exists/ });
  await run(directory, ['ip', 'link', 'del', 'bs1-net']);
});

t.test('a VM that never answers is named, here, to a program and by mail', { skip }, async (t) => {
  const directory = t.testdir();
  const relay = await startReceiver(t);
  const told = {
    run: [process.execPath, '--eval', `process.stdin.pipe(require('fs').createWriteStream('${directory}/told'))`],
    mail: ['team@example.org', 'me@example.org'],
    from: 'virtbs@example.org',
    relay: `smtp://127.0.0.1:${relay.port}`,
  };
  await writeFile(join(directory, 'told.yaml'), JSON.stringify({ notify: told }));
  const dead = 'machine_matrix.roles.dead={nets: [net], first_offset: 0x60, disks: {blank: {size: 64MiB}}}';
  const { code, stderr } = await runVirtbs(
    directory,
    '-c',
    'told.yaml',
    '-E',
    dead,
    'cycle',
    'roles',
    'dead',
    'controller',
    '--timeout',
    '20',
  );
  t.equal(code, 1);
  t.match(stderr, /slice 1: 1 of 2 VMs failed\n {2}dead-60 \(\w+\): no progress for 20 s/);
  t.equal((await ssh(directory, 'controller', 'hostname')).stdout, 'controller-02', 'the other one works');
  t.notMatch(stderr, 'warning: notify', 'both were told');
  const report = new RegExp(
    `^${ownName()}: slice 1: 1 of 2 VMs failed\\n {2}dead-60 \\(\\w+\\): no progress for 20 s\\n`,
  );
  const text = await readFile(join(directory, 'told'), 'utf8');
  t.match(text, report);
  const { lines } = relay;
  for (const line of [
    'MAIL FROM:<virtbs@example.org>',
    'RCPT TO:<team@example.org>',
    'RCPT TO:<me@example.org>',
    `Subject: virtbs: ${ownName()}: slice 1: 1 of 2 VMs failed`,
  ])
    t.ok(lines.includes(line), line);
  t.equal(`${lines.slice(lines.indexOf('') + 1, lines.indexOf('.')).join('\n')}\n`, text, 'the mail says the same');
  t.equal((await runVirtbs(directory, 'wipe')).code, 0);
});

t.test('the XML that libvirt was given passes its own schema', { skip }, async (t) => {
  const literals = [
    '-E',
    'machine_matrix.roles.disk={cache: none, graphics: vnc, vcpu: 2}',
    '-E',
    'network_flags.twin={same_bridge: net, address_serving_6: true}',
    '-E',
    'machine_matrix.roles.disk.nets=[twin, data]',
  ];
  const directory = t.testdir();
  const { code, stderr } = await runVirtbs(directory, ...literals, 'cycle', 'roles', 'disk', 'pxe', '--no-wait');
  t.equal(code, 0, stderr);
  for (const domain of ['bs1-disk-80', 'bs1-pxe-c0']) {
    await run(directory, ['sh', '-c', `virsh dumpxml --inactive ${domain} >${domain}.xml`]);
    t.match(await run(directory, ['virsh', 'define', '--validate', `${domain}.xml`]), { code: 0, stderr: '' }, domain);
  }
  for (const network of ['bs1-net', 'bs1-data']) {
    await run(directory, ['sh', '-c', `virsh net-dumpxml --inactive ${network} >${network}.xml`]);
    t.match(
      await run(directory, ['virsh', 'net-define', '--validate', `${network}.xml`]),
      { code: 0, stderr: '' },
      network,
    );
  }
  t.equal((await runVirtbs(directory, 'wipe')).code, 0);
});

t.test('a VM with a saved state and a snapshot is wiped like any other', { skip }, async (t) => {
  const directory = t.testdir();
  const before = await takeInventory(directory);
  t.equal((await runVirtbs(directory, 'cycle', 'roles', 'plain:2')).code, 0);
  t.match(await run(directory, ['virsh', '-q', 'managedsave', 'bs1-plain-60']), { code: 0, stderr: '' });
  const only = ['--disk-only', '--diskspec', 'vdb,snapshot=no', '--diskspec', 'vda,snapshot=external'];
  const snapshot = await run(directory, ['virsh', '-q', 'snapshot-create-as', 'bs1-plain-61', 'first', ...only]);
  t.match(snapshot, { code: 0, stderr: '' });
  const wiped = await runVirtbs(directory, 'wipe');
  t.equal(wiped.code, 0, wiped.stderr);
  t.strictSame(await takeInventory(directory, '/var/lib/libvirt/qemu/save', '/var/lib/libvirt/qemu/snapshot'), before);
});
