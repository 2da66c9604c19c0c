import t from 'tap';
import { buildDomainXml, type BuildDomain } from '../../src/driver/libvirt/build-domain-xml.js';
import { buildNetworkPlan, buildNetworkXml } from '../../src/driver/libvirt/build-network-xml.js';
import { parseBuildMetadata, parseNetworkMetadata, parseVmMetadata } from '../../src/driver/libvirt/metadata.js';
import { BUILD_NETWORKS } from '../../src/filenames.js';
import { openLibvirt } from '../../src/libvirt/open-libvirt.js';
import { attribute, child, children } from '../../src/libvirt/xml-element.js';
import { buildXml, parseXml, type XmlElementContent } from '../../src/libvirt/xml.js';

const OWNERSHIP = { slot: 'custom', root: '/srv/virtbs', created: '2026-01-02T03:04:05.000Z' };
const PLAN = buildNetworkPlan(15);

function domain(options: Partial<BuildDomain> = {}): string {
  return buildDomainXml({
    network: PLAN,
    ownership: OWNERSHIP,
    platform: { domainType: 'kvm', arch: 'x86_64', machine: 'q35', emulator: '/usr/bin/qemu-system-x86_64' },
    memory: 512,
    vcpu: 2,
    boot: undefined,
    disk: '/w/disk.qcow2',
    seed: '/w/seed.iso',
    console: '/w/console.log',
    channel: '/w/channel',
    ...options,
  });
}

t.test('a build VM and its network are valid, with and without a kernel, with and without a way out', async (t) => {
  await using libvirt = await openLibvirt('test:///default');
  const platform = { domainType: 'test', arch: 'i686', machine: null, emulator: null } as const;
  const kernel = { kernel: '/k', initrd: '/i', cmdline: 'root=/dev/vda' };
  await t.resolves(libvirt.defineDomain(domain({ platform }), { validate: true }));
  await libvirt.undefineDomain(PLAN.name);
  await t.resolves(libvirt.defineDomain(domain({ platform, boot: kernel }), { validate: true }));
  for (const internetAccess of [true, false]) {
    const uuid = await libvirt.defineNetwork(buildNetworkXml(PLAN, OWNERSHIP, internetAccess), { validate: true });
    await libvirt.undefineNetwork(uuid);
  }
});

t.test('without a way out a network has neither NAT nor names', async (t) => {
  const [open, closed] = [true, false].map((access) =>
    child(parseXml(buildNetworkXml(PLAN, OWNERSHIP, access)), 'network'),
  );
  t.equal(attribute(child(open, 'forward'), 'mode'), 'nat');
  t.equal(child(closed, 'forward'), undefined);
  t.equal(attribute(child(closed, 'dns'), 'enable'), 'no');
});

t.test('what builds an image is known as that, and as no part of a slice', async (t) => {
  const element = child(child(child(parseXml(domain()), 'domain'), 'metadata'), 'virtbs:build');
  const xml = buildXml('virtbs:build', element as XmlElementContent);
  t.strictSame(parseBuildMetadata(xml), OWNERSHIP);
  t.strictSame([parseVmMetadata(xml), parseNetworkMetadata(xml)], [null, null]);
});

t.test('a guest that reboots or crashes is off', async (t) => {
  const parsed = child(parseXml(domain()), 'domain');
  for (const name of ['on_poweroff', 'on_reboot', 'on_crash']) t.strictSame(children(parsed, name), ['destroy']);
});

t.test('the names of bridges fit the kernel, and no two networks are alike', async (t) => {
  const plans = Array.from({ length: BUILD_NETWORKS }, (_, index) => buildNetworkPlan(index));
  t.ok(plans.every(({ bridge }) => bridge.length <= 15));
  for (const key of ['name', 'bridge', 'cidr', 'host', 'mac'] as const) {
    t.equal(new Set(plans.map((plan) => plan[key])).size, BUILD_NETWORKS, key);
  }
});
