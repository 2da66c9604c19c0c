import t from 'tap';
import { hostKey, hostXml, readNetworkHosts } from '../../src/libvirt/network-host.js';
import { openLibvirt } from '../../src/libvirt/open-libvirt.js';
import { child } from '../../src/libvirt/xml-element.js';
import { parseXml } from '../../src/libvirt/xml.js';
import { testNetworkXml } from './domain-xml.js';

const INSIDE = `
  <dns><host ip='10.9.0.2'><hostname>a</hostname><hostname>b</hostname></host></dns>
  <ip address='10.8.0.1' prefix='24'/>
  <ip address='10.9.0.1' prefix='24'><dhcp><host mac='52:54:00:00:00:02' name='a' ip='10.9.0.2'/></dhcp></ip>`;

t.test('hosts are read one by one, each with the address block that serves it', async (t) => {
  const hosts = readNetworkHosts(child(parseXml(testNetworkXml('bs1-net', INSIDE)), 'network'));
  t.strictSame(hosts, [
    { section: 'dhcp', parentIndex: 1, ip: '10.9.0.2', name: 'a', mac: '52:54:00:00:00:02' },
    { section: 'dns', parentIndex: 0, ip: '10.9.0.2', name: 'a', mac: null },
    { section: 'dns', parentIndex: 0, ip: '10.9.0.2', name: 'b', mac: null },
  ]);
  t.equal(new Set(hosts.map(hostKey)).size, 3);
  t.strictSame(readNetworkHosts(undefined), []);
});

t.test('a name goes by its address where it is taken away', async (t) => {
  const host = { section: 'dns', parentIndex: 0, ip: 'fd00::2', name: 'a', mac: null } as const;
  t.match(hostXml(host, 'add'), /^<host ip="fd00::2">\s*<hostname>a<\/hostname>\s*<\/host>$/);
  t.equal(hostXml(host, 'delete'), '<host ip="fd00::2"/>');
});

t.test('a network that is up is given hosts, and they are taken away again', async (t) => {
  await using libvirt = await openLibvirt('test:///default');
  const uuid = await libvirt.defineNetwork(testNetworkXml('bs1-hosts', INSIDE));
  await libvirt.startNetwork(uuid);
  const hosts = async (): Promise<readonly string[]> =>
    (await libvirt.listNetworks())
      .find((network) => network.uuid === uuid)
      ?.hosts.map(hostKey)
      .sort() ?? [];
  const before = await hosts();
  const added = [
    { section: 'dhcp', parentIndex: 1, ip: '10.9.0.3', name: 'c', mac: '52:54:00:00:00:03' },
    { section: 'dns', parentIndex: 0, ip: '10.9.0.3', name: 'c', mac: null },
  ] as const;
  await libvirt.updateNetworkHosts(
    uuid,
    added.map((host) => ({ action: 'add', host })),
  );
  t.strictSame(await hosts(), [...before, ...added.map(hostKey)].sort());
  await libvirt.updateNetworkHosts(
    uuid,
    added.map((host) => ({ action: 'delete', host })),
  );
  t.strictSame(await hosts(), before);
  await libvirt.destroyNetwork(uuid);
  await libvirt.undefineNetwork(uuid);
});
