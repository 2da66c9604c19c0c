import fc from 'fast-check';
import { parseXml } from '../../../src/libvirt/xml.js';
import t from 'tap';
import { Html, html } from '../../../src/ci/page/html.js';
import { HOSTILE } from './sample-ci.js';

t.test('values are escaped, other HTML stands, and nothing stands for nothing', (t) => {
  t.equal(
    String(
      html`<p title="${`"'<&`}">${'<b>'}${html`<i>${1}</i>`}${[html`<u></u>`, '&']}${null}${undefined}${false}</p>`,
    ),
    '<p title="&quot;&#39;&lt;&amp;">&lt;b&gt;<i>1</i><u></u>&amp;</p>',
  );
  t.equal(String(html`<pre>${'a\u0000\u202Eb\uD800c'}</pre>`), '<pre>a\uFFFD\uFFFDb\uFFFDc</pre>');
  t.end();
});

t.test('an address that would run something becomes a harmless one', (t) => {
  const link = (address: string): string => String(html`<a href="${address}"></a>`).slice(9, -6);
  for (const bad of [
    'javascript:alert(1)',
    ' JavaScript:x',
    'java\tscript:x',
    'data:text/html,x',
    'vbscript:x',
    '//evil.example',
    '\\\\evil.example',
  ]) {
    t.equal(link(bad), '#', bad);
  }
  for (const good of ['https://a.example/b?c=d', '../1/index.html', '#L1', 'a%3Ab']) t.equal(link(good), good);
  t.end();
});

t.test('a value has no place where it cannot be made safe', (t) => {
  t.throws(() => html`<p class=${'a'}></p>`, /outside of quotes/);
  t.throws(() => html`<p ${'a'}></p>`, /outside of quotes/);
  t.throws(
    () =>
      html`<script>
        ${'a'};
      </script>`,
    /a script/,
  );
  t.throws(
    () =>
      html`<style>
        ${'a'}
      </style>`,
    /a style/,
  );
  t.throws(() => html`<!-- ${'a'} -->`, /a comment/);
  t.throws(() => html`<p onclick="${'a'}"></p>`, /onclick/);
  t.throws(() => html`<p style="${'a'}"></p>`, /style/);
  t.throws(() => html`<p title="${html`<b></b>`}"></p>`, /HTML in an attribute/);
  t.throws(() => Reflect.construct(Object, [], Html).toString(), TypeError);
  t.end();
});

t.test('no text leaves its place', (t) => {
  const piece = fc.oneof(
    fc.constantFrom('<', '>', '"', "'", '&', '-->', ']]>', '</p>', HOSTILE, '=', '`', '\n'),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(
      fc.array(piece).map((parts) => parts.join('')),
      (text) => {
        const made = String(html`<p title="${text}">${text}</p>`);
        const [, title, content] = /^<p title="([^"<>]*)">([^<>]*)<\/p>$/.exec(made) ?? [];
        if (title === undefined || title !== content) throw new Error(made);
        parseXml(made);
      },
    ),
    { numRuns: 300, seed: 1 },
  );
  t.end();
});
