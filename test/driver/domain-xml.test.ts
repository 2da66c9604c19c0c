import t from 'tap';
import { domainXml, type DomainOptions } from '../../src/driver/libvirt/domain-xml.js';
import { parseNetworkMetadata, parseVmMetadata } from '../../src/driver/libvirt/metadata.js';
import { networkDigest, networkXml, planBridges } from '../../src/driver/libvirt/network-xml.js';
import { warnOfShares } from '../../src/driver/libvirt/warn-of-shares.js';
import { slicePaths } from '../../src/filenames.js';
import { attribute, child, children, text } from '../../src/libvirt/xml-element.js';
import { parseXml } from '../../src/libvirt/xml.js';
import type { VmPlan } from '../../src/plan/plan.js';
import { planOf, planWith } from '../plan/plan-of.js';

const OWNERSHIP = {
  slice: 1,
  root: '/srv/virtbs',
  created: '2026-01-02T03:04:05.000Z',
  session: 'tester@here',
  expires: null,
};

/** The domain of the only VM of a topology, read back. */
async function domainOf(
  topology: string,
  literals: readonly string[] = [],
  options: Partial<DomainOptions> = {},
): Promise<unknown> {
  const plan = await planWith(literals, 1, topology);
  const [vm] = plan.vms as [VmPlan];
  const xml = domainXml(vm, {
    plan,
    platform: { domainType: 'kvm', arch: 'x86_64', machine: 'q35', emulator: '/usr/bin/qemu-system-x86_64' },
    paths: slicePaths('/srv/virtbs', 1),
    ownership: OWNERSHIP,
    image: 'mini/b1',
    kernel: null,
    ...options,
  });
  return child(parseXml(xml), 'domain');
}

t.test('a folder of this machine is shared by virtiofs on shared memory, or by 9p', async (t) => {
  const share =
    'machine_matrix.roles.plain.share={/src: "/a <b> & \\"c\\" \'d\'", /docs: {source: /docs, read_only: true}}';
  const platform = { domainType: 'kvm', arch: 'x86_64', machine: 'q35', emulator: null } as const;
  const sharesOf = async (kind: 'virtiofs' | '9p') => {
    const domain = await domainOf('plain:1', [share], { platform: { ...platform, share: kind } });
    const shares = children(child(domain, 'devices'), 'filesystem').map((each) => [
      attribute(each, 'accessmode'),
      attribute(child(each, 'driver'), 'type'),
      attribute(child(each, 'source'), 'dir'),
      attribute(child(each, 'target'), 'dir'),
      children(each, 'readonly').length,
    ]);
    return [attribute(child(child(domain, 'memoryBacking'), 'access'), 'mode'), ...shares];
  };
  const odd = `/a <b> & "c" 'd'`;
  t.strictSame(await sharesOf('virtiofs'), [
    'shared',
    ['passthrough', 'virtiofs', odd, 'virtbs-0', 0],
    ['passthrough', 'virtiofs', '/docs', 'virtbs-1', 0],
  ]);
  t.strictSame(await sharesOf('9p'), [
    undefined,
    ['squash', undefined, odd, 'virtbs-0', 0],
    ['squash', undefined, '/docs', 'virtbs-1', 1],
  ]);
});

t.test('a way of sharing that few guests know is worth a warning', async (t) => {
  const plan = await planWith(['machine_matrix.roles.plain.share={/src: /src}'], 1, 'plain:1', 'controller:1');
  const warnings = (share: 'virtiofs' | '9p'): readonly unknown[] => {
    const events: unknown[] = [];
    warnOfShares(plan, { share }, { emit: (event) => void events.push(event) });
    return events;
  };
  t.match(warnings('9p'), [{ type: 'warning', message: /^plain-60: no virtiofsd is installed here/ }]);
  t.strictSame(warnings('virtiofs'), []);
});

t.test('a VM is a q35 machine with virtio devices, a console log and no graphics', async (t) => {
  const domain = await domainOf('disk');
  t.equal(attribute(domain, 'type'), 'kvm');
  t.equal(attribute(child(domain, 'cpu'), 'mode'), 'host-passthrough');
  t.equal(attribute(child(child(domain, 'os'), 'type'), 'machine'), 'q35');
  const devices = child(domain, 'devices');
  const disks = children(devices, 'disk');
  t.strictSame(
    disks.map((disk) => [attribute(child(disk, 'target'), 'dev'), attribute(child(disk, 'driver'), 'cache')]),
    [
      ['vda', 'unsafe'],
      ['vdb', 'unsafe'],
      ['vdc', 'unsafe'],
      ['vdd', 'unsafe'],
      ['vde', undefined],
    ],
  );
  t.ok(disks.every((disk) => attribute(disk, 'type') === 'file'));
  t.ok(child(disks.at(-1), 'readonly') !== undefined, 'the seed is last, and cannot be written');
  t.strictSame(
    children(devices, 'interface').map((nic) => [
      attribute(child(nic, 'mac'), 'address'),
      attribute(child(nic, 'source'), 'network'),
    ]),
    [
      ['52:54:00:10:01:80', 'bs1-net'],
      ['52:54:00:10:02:80', 'bs1-data'],
    ],
  );
  const log = child(child(devices, 'serial'), 'log');
  t.equal(attribute(log, 'file'), '/srv/virtbs/slices/1/logs/disk-80.console.log');
  for (const device of ['rng', 'memballoon', 'channel']) t.equal(children(devices, device).length, 1, device);
  for (const device of ['graphics', 'video']) t.equal(children(devices, device).length, 0, device);
});

t.test('what a role asks for is in the XML: cache, graphics on loopback, boot order, emulation', async (t) => {
  const role = 'machine_matrix.roles.plain';
  const domain = await domainOf('plain', [
    `${role}.cache=none`,
    `${role}.graphics=vnc`,
    `${role}.virt_type=qemu`,
    `${role}.boot=[network, disk]`,
  ]);
  t.equal(attribute(domain, 'type'), 'qemu');
  t.equal(attribute(child(domain, 'cpu'), 'mode'), 'maximum');
  const devices = child(domain, 'devices');
  t.equal(attribute(child(child(devices, 'disk'), 'driver'), 'cache'), 'none');
  t.equal(attribute(child(devices, 'graphics'), 'listen'), '127.0.0.1');
  t.strictSame(
    children(child(domain, 'os'), 'boot').map((boot) => attribute(boot, 'dev')),
    ['network', 'hd'],
  );
});

t.test('an image with a kernel of its own is booted by it', async (t) => {
  const kernel = { kernel: '/k', initrd: '/i', cmdline: 'root=/dev/vda quiet' };
  const os = child(await domainOf('plain', [], { kernel }), 'os');
  t.strictSame(
    ['kernel', 'initrd', 'cmdline'].map((name) => text(child(os, name))),
    ['/k', '/i', 'root=/dev/vda quiet'],
  );
  t.strictSame(children(os, 'boot'), []);
});

t.test('names and labels that look like XML stay text, and are read back as they were', async (t) => {
  const evil = `"'><owned x="&amp;]]>`;
  const label = `machine_matrix.roles.plain.labels=${JSON.stringify({ evil, list: [1, true] })}`;
  const domain = await domainOf('plain', [label], {
    ownership: { ...OWNERSHIP, root: `/srv/${evil}`, session: evil },
    image: evil,
  });
  t.strictSame(children(domain, 'owned'), []);
  const xml = domainXml((await planWith([label], 1, 'plain')).vms[0] as VmPlan, {
    plan: await planWith([label], 1, 'plain'),
    platform: { domainType: 'qemu', arch: 'x86_64', machine: 'q35', emulator: null },
    paths: slicePaths('/srv/virtbs', 1),
    ownership: { ...OWNERSHIP, session: evil },
    image: evil,
    kernel: null,
  });
  const element = /<virtbs:vm [^]*?\/>/.exec(xml)?.[0] ?? '';
  t.match(parseVmMetadata(element), {
    slice: 1,
    session: evil,
    image: evil,
    hostname: 'plain-60',
    offset: 0x60,
    labels: { evil, list: [1, true] },
  });
});

t.test('metadata that is not ours, or not whole, is not ownership', async (t) => {
  for (const xml of [
    '<vm slice="1"/>',
    '<vm slice="one" root="/x" hostname="a" role="b"/>',
    '<vm root="/x" hostname="a" role="b"/>',
    '<other/>',
  ]) {
    t.equal(parseVmMetadata(xml), null, xml);
  }
  t.equal(parseNetworkMetadata('<network root="/x"/>'), null);
  t.match(parseNetworkMetadata('<network slice="3" root="/x" digest="d"/>'), { slice: 3, root: '/x', digest: 'd' });
});

t.test("a network's digest follows from what it is, not from who made it when, and for which VMs", async (t) => {
  const plan = await planOf(1, 'controller:1');
  const [bridge] = planBridges(plan);
  if (!bridge) throw new Error('no bridge');
  const digestIn = (xml: string): string | undefined => /digest="([0-9a-f]+)"/.exec(xml)?.[1];
  t.equal(digestIn(networkXml(plan, bridge, OWNERSHIP)), networkDigest(plan, bridge));
  const registered = networkXml(plan, bridge, { ...OWNERSHIP, register: true });
  t.match(registered, /<domain name="bs1" localOnly="yes" register="yes"\/>/);
  t.equal(digestIn(registered), networkDigest(plan, bridge));
  t.equal(digestIn(networkXml(plan, bridge, { ...OWNERSHIP, session: 'other' })), networkDigest(plan, bridge));
  const more = await planOf(1, 'controller:2');
  t.equal(networkDigest(more, planBridges(more)[0] ?? bridge), networkDigest(plan, bridge));
  const other = await planWith(['network_flags.net.mtu=1400'], 1, 'controller:1');
  t.not(networkDigest(other, planBridges(other)[0] ?? bridge), networkDigest(plan, bridge));
});

t.test('a network has every reservation and name of the plan from its creation', async (t) => {
  const plan = await planOf(1, 'controller:2');
  const [bridge] = planBridges(plan);
  if (!bridge) throw new Error('no bridge');
  const network = child(parseXml(networkXml(plan, bridge, OWNERSHIP)), 'network');
  const [ipv4, ipv6] = children(network, 'ip');
  t.strictSame(
    children(child(ipv4, 'dhcp'), 'host').map((host) => [
      attribute(host, 'mac'),
      attribute(host, 'name'),
      attribute(host, 'ip'),
    ]),
    [
      ['52:54:00:10:01:02', 'controller-02', '172.16.17.2'],
      ['52:54:00:10:01:03', 'controller-03', '172.16.17.3'],
    ],
  );
  t.equal(attribute(ipv6, 'address'), 'fd00:aaaa:0:1001::1');
  t.equal(children(child(network, 'dns'), 'host').length, 4);
  t.equal(attribute(child(network, 'forward'), 'mode'), 'nat');
  const isolated = planBridges(plan)[1];
  if (!isolated) throw new Error('no second bridge');
  t.equal(child(child(parseXml(networkXml(plan, isolated, OWNERSHIP)), 'network'), 'forward'), undefined);
});

t.test('a network without isolation is routed', async (t) => {
  const plan = await planWith(['network_flags.data.isolation=false'], 1, 'controller');
  const [, open] = planBridges(plan);
  if (!open) throw new Error('no second bridge');
  const forward = child(child(parseXml(networkXml(plan, open, OWNERSHIP)), 'network'), 'forward');
  t.equal(attribute(forward, 'mode'), 'route');
  t.equal(child(forward, 'nat'), undefined);
  const standing = await planOf(1, 'controller');
  const [, isolated] = planBridges(standing);
  if (!isolated) throw new Error('no second bridge');
  t.not(networkDigest(plan, open), networkDigest(standing, isolated), 'one that stands is made anew');
});

t.test('networks on one bridge are one network of libvirt, with DHCP on the first that serves it', async (t) => {
  const literals = ['network_flags.twin={same_bridge: net}', 'machine_matrix.roles.plain.nets=[net, twin]'];
  const plan = await planWith(literals, 1, 'plain');
  const bridges = planBridges(plan);
  t.equal(bridges.length, 1);
  const [bridge] = bridges;
  if (!bridge) throw new Error('no bridge');
  const ips = children(child(parseXml(networkXml(plan, bridge, OWNERSHIP)), 'network'), 'ip');
  t.strictSame(
    ips.map((ip) => [attribute(ip, 'address'), children(ip, 'dhcp').length]),
    [
      ['172.16.17.1', 1],
      ['172.16.19.1', 0],
      ['fd00:aaaa:0:1001::1', 0],
      ['fd00:aaaa:0:1003::1', 0],
    ],
  );
});
