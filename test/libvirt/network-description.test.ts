import t from 'tap';
import { readNetworkDescription } from '../../src/libvirt/network-description.js';

const XML = `<network>
  <name>bs1-lan</name>
  <metadata>
    <o:network xmlns:o='urn:other'/>
    <bs:network xmlns:bs='urn:bs' slice='1' note='a &lt; b'><bs:label>x</bs:label><bs:label>y</bs:label></bs:network>
    <plain xmlns='urn:plain'>text</plain>
  </metadata>
  <bridge name='bs1-lan' stp='off' delay='0'/>
</network>`;

t.test(
  'the metadata element of a network comes without prefix and declaration, as libvirt gives that of a domain',
  async (t) => {
    const { bridge, metadata } = readNetworkDescription(XML, 'urn:bs');
    t.equal(bridge, 'bs1-lan');
    t.equal(
      metadata?.replaceAll(/\n\s*/g, ''),
      '<network slice="1" note="a &lt; b"><label>x</label><label>y</label></network>',
    );
    t.equal(readNetworkDescription(XML, 'urn:plain').metadata, '<plain>text</plain>');
  },
);

t.test('a namespace that is not there, or not asked for, gives null', async (t) => {
  t.equal(readNetworkDescription(XML, 'urn:absent').metadata, null);
  t.equal(readNetworkDescription(XML, null).metadata, null);
  t.strictSame(readNetworkDescription('<network><name>x</name></network>', 'urn:bs'), {
    bridge: null,
    addresses: [],
    metadata: null,
    hosts: [],
  });
});

t.test('the addresses of the host on a network come with their prefix length, however it is written', async (t) => {
  const { addresses } = readNetworkDescription(
    `<network>
      <name>x</name>
      <ip address='192.168.122.1' netmask='255.255.255.0'/>
      <ip family='ipv6' address='fd00::1' prefix='64'/>
    </network>`,
    null,
  );
  t.strictSame(addresses, ['192.168.122.1/24', 'fd00::1/64']);
});
