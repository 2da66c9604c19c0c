import t from 'tap';
import { attribute, child, children, text } from '../../src/libvirt/xml-element.js';
import { parseXml } from '../../src/libvirt/xml.js';

const domain = child(
  parseXml(`<domain id='3'><name>x</name><os><type arch='x86_64'>hvm</type></os><disk n='1'/><disk n='2'/></domain>`),
  'domain',
);

t.test('children, attributes and texts are found by name', async (t) => {
  t.equal(attribute(domain, 'id'), '3');
  t.equal(text(child(domain, 'name')), 'x');
  t.equal(text(child(child(domain, 'os'), 'type')), 'hvm');
  t.equal(attribute(child(child(domain, 'os'), 'type'), 'arch'), 'x86_64');
  t.strictSame(
    children(domain, 'disk').map((disk) => attribute(disk, 'n')),
    ['1', '2'],
  );
});

t.test('what is missing is undefined or empty, however deep it is asked for', async (t) => {
  t.equal(attribute(child(child(domain, 'devices'), 'emulator'), 'path'), undefined);
  t.strictSame(children(child(domain, 'devices'), 'disk'), []);
  t.equal(text(child(domain, 'title')), '');
  t.equal(attribute('text', 'length'), undefined);
  t.strictSame(children(domain, '$'), []);
  t.equal(text(null), '');
});
