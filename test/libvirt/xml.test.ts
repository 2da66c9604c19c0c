import { assert, property, string } from 'fast-check';
import t from 'tap';
import { attribute, child, children, text } from '../../src/libvirt/xml-element.js';
import { buildXml, parseXml } from '../../src/libvirt/xml.js';

/** Texts that XML 1.0 can carry, and that are not white space alone. */
const xmlText = string({ unit: 'binary', minLength: 1 }).filter(
  (each) => each.trim() !== '' && Array.from(each).every(isXmlCharacter),
);

/** Source: https://www.w3.org/TR/xml/#charsets */
function isXmlCharacter(character: string): boolean {
  const point = character.codePointAt(0) ?? 0;
  return point >= 0x20
    ? point !== 0xfffe && point !== 0xffff
    : character === '\t' || character === '\n' || character === '\r';
}

t.test('any text and any attribute comes back as it was', async (t) => {
  const comesBack = property(xmlText, xmlText, (first, second) => {
    const xml = buildXml('domain', { $: { name: first }, title: second, disk: [{ $: { dev: second } }, first] });
    const domain = child(parseXml(xml), 'domain');
    const [disk, plain] = children(domain, 'disk');
    return (
      attribute(domain, 'name') === first &&
      text(child(domain, 'title')) === second &&
      attribute(disk, 'dev') === second &&
      text(plain) === first
    );
  });
  t.doesNotThrow(() => assert(comesBack, { numRuns: 500 }));
});

t.test('what would end a text, an attribute or an element is escaped', async (t) => {
  const nasty = `]]> <!-- & " ' </a> &lt; \r\n\t é 🐧`;
  const xml = buildXml('a', { $: { b: nasty }, c: nasty });
  t.equal(attribute(child(parseXml(xml), 'a'), 'b'), nasty);
  t.equal(text(child(child(parseXml(xml), 'a'), 'c')), nasty);
  t.notMatch(buildXml('a', { b: nasty }), ']]>');
});

t.test('control characters are refused, since XML has no way to write them', async (t) => {
  for (const character of ['\0', '\u0007', '\u001B', '\uFFFF', '\uD800']) {
    t.throws(() => buildXml('a', { b: character }), /invalid character/i);
    t.throws(() => buildXml('a', { $: { b: `x${character}` } }), /invalid character/i);
  }
});

t.test('the output has no declaration, keeps the order, and leaves out what is undefined', async (t) => {
  const xml = buildXml('root', {
    $: { id: 7, absent: undefined },
    second: null,
    first: ['x', undefined, 2, true, { $: { y: 'z' } }],
    gone: undefined,
  });
  t.equal(
    xml.replaceAll(/\n\s*/g, ''),
    '<root id="7"><second/><first>x</first><first>2</first><first>true</first><first y="z"/></root>',
  );
});

t.test('a text that is no XML is refused at once, with its beginning', async (t) => {
  for (const wrong of ['', '  ', 'no xml', '<a>', '<a></b>']) {
    t.throws(() => parseXml(wrong), { code: 'libvirt-failed', message: /^not XML/ }, JSON.stringify(wrong));
  }
  t.throws(() => parseXml('<a>'), { cause: /unclosed root tag/i });
});

t.test('a name that every object inherits is missing where the document does not have it', async (t) => {
  t.equal(child(parseXml('<a/>'), 'toString'), undefined);
});
