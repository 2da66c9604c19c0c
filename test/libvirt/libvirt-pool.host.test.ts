import t from 'tap';
import { LIBVIRT_ERROR_CODE } from '../../src/libvirt/libvirt-error-code.js';
import { openLibvirt } from '../../src/libvirt/open-libvirt.js';
import { child, children, text } from '../../src/libvirt/xml-element.js';
import { parseXml } from '../../src/libvirt/xml.js';

t.test('the host tells its kind, version, size and capabilities', async (t) => {
  await using libvirt = await openLibvirt('test:///default');
  const identity = await libvirt.identity();
  t.match(identity, { type: 'TEST', uri: 'test:///default', libvirtVersion: /^\d+\.\d+\.\d+$/ });
  const { memoryKiB, cpus } = await libvirt.nodeInfo();
  t.ok(memoryKiB > 1024 && cpus > 0, `${memoryKiB} KiB, ${cpus} processors`);
  t.ok((await libvirt.freeMemory()) > 0);
  const capabilities = child(parseXml(await libvirt.capabilities()), 'capabilities');
  t.ok(children(capabilities, 'guest').some((guest) => text(child(guest, 'os_type')) === 'hvm'));
});

t.test('a question that the driver does not know is told by its code', async (t) => {
  await using libvirt = await openLibvirt('test:///default');
  await t.rejects(libvirt.domainCapabilities({ virtType: 'qemu' }), { code: LIBVIRT_ERROR_CODE.NO_SUPPORT });
});
