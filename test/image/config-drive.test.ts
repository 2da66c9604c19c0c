import { join } from 'node:path';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { runProgram } from '../../src/process/run-program.js';

const NETWORK = {
  links: [
    { id: 'tap1', type: 'bridge', mtu: 1450, ethernet_mac_address: '52:54:00:10:01:02' },
    { id: 'tap2', type: 'bridge', mtu: null, ethernet_mac_address: '52:54:00:10:02:02' },
  ],
  networks: [
    { id: 'network0', type: 'ipv4_dhcp', link: 'tap1' },
    { id: 'network1', type: 'ipv6', link: 'tap1', ip_address: 'fd00::2', netmask: 'ffff:ffff:ffff:ffff::', routes: [] },
    {
      id: 'network2',
      type: 'ipv4',
      link: 'tap2',
      ip_address: '172.16.18.2',
      netmask: '255.255.240.0',
      routes: [{ network: '0.0.0.0', netmask: '0.0.0.0', gateway: '172.16.18.1' }],
    },
  ],
  services: [{ type: 'dns', address: '10.0.0.53' }],
};

t.test('mini reads from a config drive what it reads from a seed', async (t) => {
  const meta = { uuid: 'u-1', random_seed: 'a "quoted\\ text', hostname: 'bs1-plain-60.cloud', devices: [] };
  const folder = t.testdir({
    'meta_data.json': JSON.stringify(meta),
    'network_data.json': JSON.stringify(NETWORK, null, 1),
  });
  const program = join(await packageDirectory(), 'images', 'mini', 'config-drive.awk');
  const files = ['meta_data.json', 'network_data.json'].map((name) => join(folder, name));
  const { stdout } = await runProgram('awk', ['-f', program, ...files]);
  t.strictSame(stdout.trimEnd().split('\n'), [
    'meta-data.instance-id=u-1',
    'meta-data.local-hostname=bs1-plain-60',
    'network-config.ethernets.0.match.macaddress=52:54:00:10:01:02',
    'network-config.ethernets.0.mtu=1450',
    'network-config.ethernets.0.dhcp4=true',
    'network-config.ethernets.0.addresses.0=fd00::2/64',
    'network-config.ethernets.0.nameservers.addresses.0=10.0.0.53',
    'network-config.ethernets.1.match.macaddress=52:54:00:10:02:02',
    'network-config.ethernets.1.addresses.0=172.16.18.2/20',
    'network-config.ethernets.1.routes.0.to=0.0.0.0/0',
    'network-config.ethernets.1.routes.0.via=172.16.18.1',
  ]);
});
