import t from 'tap';
import { mappedXml, memoryOf } from '../../src/driver/libvirt/mapped-xml.js';
import { attribute, child, children } from '../../src/libvirt/xml-element.js';
import { parseXml } from '../../src/libvirt/xml.js';

const DEFINITION = `<domain type='qemu'>
  <name>one</name>
  <genid>aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee</genid>
  <memory unit='KiB'>131072</memory>
  <devices>
    <memballoon model='virtio' freePageReporting='on'>
      <address type='pci' domain='0x0000' bus='0x04' slot='0x00' function='0x0'/>
    </memballoon>
    <rng model='virtio'/>
  </devices>
</domain>
`;
const PATH = "/srv/it's, a <root> $& more/one.ram";
const GENID = '11111111-2222-3333-4444-555555555555';

function argumentsOf(xml: string): readonly (string | undefined)[] {
  const line = child(child(parseXml(xml), 'domain'), 'qemu:commandline');
  return children(line, 'qemu:arg').map((argument) => attribute(argument, 'value'));
}

t.test('memory that is a file is an argument for the emulator, whatever the path has in it', (t) => {
  const xml = mappedXml(DEFINITION, { memory: { path: PATH, mode: 'shared' } });
  const backend = `memory-backend-file,mem-path=${PATH.replace(',', ',,')},share=on,id=virtbs-memory,size=131072K`;
  t.strictSame(argumentsOf(xml), ['-object', backend, '-machine', 'memory-backend=virtbs-memory']);
  t.match(xml, /<genid>aaaaaaaa-/);
  t.match(xml, /<memballoon model='none'\/>\s*<rng/, 'nothing can make holes in the file');
  t.equal(memoryOf(xml), 'shared');
  t.end();
});

t.test('a machine that goes on from a file has it for itself, and waits for its devices', (t) => {
  const memory = { path: PATH, mode: 'private' } as const;
  const xml = mappedXml(DEFINITION, { memory, incoming: { genid: GENID } });
  t.match(argumentsOf(xml)[1] ?? '', /,share=off,/);
  t.strictSame(argumentsOf(xml).slice(-2), ['-incoming', 'defer']);
  t.match(xml, `<genid>${GENID}</genid>`);
  t.equal(memoryOf(xml), 'private');
  const readOnly = mappedXml(DEFINITION, { memory: { path: PATH, mode: 'read-only' }, incoming: { genid: GENID } });
  t.match(argumentsOf(readOnly)[1] ?? '', /,share=off,readonly=on,rom=off,/);
  t.end();
});

t.test('what is said again is said once, and memory without a file is the same machine', (t) => {
  const private_ = mappedXml(DEFINITION, { memory: { path: PATH, mode: 'private' }, incoming: { genid: GENID } });
  const plain = mappedXml(private_, { memory: { path: null } });
  t.strictSame(argumentsOf(plain), [
    '-object',
    'memory-backend-ram,id=virtbs-memory,size=131072K',
    '-machine',
    'memory-backend=virtbs-memory',
  ]);
  t.equal(plain.match(/xmlns:qemu=/g)?.length, 1);
  t.match(plain, `<genid>${GENID}</genid>`, 'it is the same generation');
  t.equal(memoryOf(plain), null);
  t.equal(memoryOf(DEFINITION), null);
  t.throws(() => mappedXml('<domain/>', { memory: { path: null } }), /how much memory/);
  t.end();
});
