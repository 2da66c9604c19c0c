import t from 'tap';
import { LIBVIRT_ERROR_CODE } from '../../src/libvirt/libvirt-error-code.js';
import { openLibvirt } from '../../src/libvirt/open-libvirt.js';
import { testNetworkXml } from './domain-xml.js';

const NAMESPACE = 'https://example.org/slice';

t.test('a network is defined, started, set to start by itself, destroyed and forgotten', async (t) => {
  await using libvirt = await openLibvirt('test:///default');
  const uuid = await libvirt.defineNetwork(testNetworkXml('bs1-lan'));
  t.match(await libvirt.networkXml(uuid), /bridge name='bs1-lan'/);
  await libvirt.startNetwork(uuid);
  await libvirt.setNetworkAutostart('bs1-lan', true);
  const find = async (): Promise<unknown> => (await libvirt.listNetworks()).find((each) => each.uuid === uuid);
  t.match(await find(), { name: 'bs1-lan', bridge: 'bs1-lan', active: true, persistent: true, autostart: true });
  await libvirt.setNetworkAutostart(uuid, false);
  await libvirt.destroyNetwork(uuid);
  t.match(await find(), { active: false, autostart: false });
  await libvirt.undefineNetwork(uuid);
  t.equal(await find(), undefined);
  await t.rejects(libvirt.networkXml(uuid), { name: 'LibvirtError', code: LIBVIRT_ERROR_CODE.NO_NETWORK });
});

t.test('destroying or forgetting a network that is inactive or gone is no failure', async (t) => {
  await using libvirt = await openLibvirt('test:///default');
  const uuid = await libvirt.defineNetwork(testNetworkXml('bs1-idle'));
  await libvirt.destroyNetwork(uuid);
  await libvirt.undefineNetwork(uuid);
  await libvirt.undefineNetwork(uuid);
  await libvirt.destroyNetwork(uuid);
  await libvirt.destroyNetwork('bs1-never-was');
  t.strictSame(
    (await libvirt.listNetworks()).map(({ name }) => name),
    ['default'],
  );
});

t.test('starting a network that is active is refused with a code', async (t) => {
  await using libvirt = await openLibvirt('test:///default');
  await t.rejects(libvirt.startNetwork('default'), { code: LIBVIRT_ERROR_CODE.OPERATION_INVALID });
});

t.test('a network’s XML is checked against the schema where that is asked for', async (t) => {
  await using libvirt = await openLibvirt('test:///default');
  const misspelled = testNetworkXml('bs1-misspelled', '<domane name="x"/>');
  await t.rejects(libvirt.defineNetwork(misspelled, { validate: true }), {
    code: LIBVIRT_ERROR_CODE.XML_INVALID_SCHEMA,
  });
});

t.test('the list of networks is made without metadata where libvirt keeps none', async (t) => {
  await using libvirt = await openLibvirt('test:///default');
  const [network] = await libvirt.listNetworks(NAMESPACE);
  t.match(network, { name: 'default', bridge: 'virbr0', active: true, metadata: null });
});
