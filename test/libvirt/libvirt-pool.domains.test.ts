import t from 'tap';
import { LIBVIRT_ERROR_CODE } from '../../src/libvirt/libvirt-error-code.js';
import { openLibvirt } from '../../src/libvirt/open-libvirt.js';
import { attribute, child, text } from '../../src/libvirt/xml-element.js';
import { parseXml } from '../../src/libvirt/xml.js';
import { testDomainXml } from './domain-xml.js';

const NAMESPACE = 'https://example.org/slice';
const MISSING = '00000000-0000-4000-8000-000000000000';

t.test('a domain is defined, started, destroyed and forgotten, by UUID or by name', async (t) => {
  await using libvirt = await openLibvirt('test:///default');
  const uuid = await libvirt.defineDomain(testDomainXml('bs1-plain-02'));
  t.match(uuid, /^[\da-f-]{36}$/);
  t.equal(await libvirt.domainState(uuid), 'shutoff');
  await libvirt.startDomain(uuid);
  t.equal(await libvirt.domainState('bs1-plain-02'), 'running');
  const info = await libvirt.domainInfo(uuid);
  t.match(info, { state: 'running', maxMemoryKiB: 65536, vcpus: 2 });
  t.ok(info.cpuTimeNanoseconds > 0);
  await libvirt.destroyDomain(uuid);
  t.equal(await libvirt.domainState(uuid), 'shutoff');
  await libvirt.undefineDomain('bs1-plain-02');
  await t.rejects(libvirt.domainState(uuid), { name: 'LibvirtError', code: LIBVIRT_ERROR_CODE.NO_DOMAIN });
});

t.test('destroying or forgetting a domain that is off or gone is no failure', async (t) => {
  await using libvirt = await openLibvirt('test:///default');
  const uuid = await libvirt.defineDomain(testDomainXml('bs1-off-02'));
  await libvirt.destroyDomain(uuid);
  await libvirt.undefineDomain(uuid);
  await libvirt.undefineDomain(uuid);
  await libvirt.destroyDomain(uuid);
  await libvirt.destroyDomain('bs1-never-was');
  t.equal((await libvirt.listDomains()).length, 1);
});

t.test('starting a domain that runs is refused', async (t) => {
  await using libvirt = await openLibvirt('test:///default');
  await t.rejects(libvirt.startDomain('test'), { name: 'LibvirtError', message: /already running/ });
});

t.test('a domain is paused and goes on; what was never saved cannot be restored', async (t) => {
  await using libvirt = await openLibvirt('test:///default');
  await libvirt.suspendDomain('test');
  t.equal(await libvirt.domainState('test'), 'paused');
  await libvirt.resumeDomain('test');
  t.equal(await libvirt.domainState('test'), 'running');
  await t.rejects(libvirt.restoreDomain('/nonexistent/test.memory'), { name: 'LibvirtError' });
});

t.test('the list has every domain with its state and the metadata of the namespace asked for', async (t) => {
  await using libvirt = await openLibvirt('test:///default');
  const metadata = `<metadata><bs:vm xmlns:bs='${NAMESPACE}' role='a &lt;&amp;&quot; b'><bs:label>x</bs:label></bs:vm><o:vm xmlns:o='urn:other'/></metadata>`;
  const uuid = await libvirt.defineDomain(testDomainXml('bs1-listed-02', metadata));
  t.teardown(async () => {
    await using again = await openLibvirt('test:///default');
    await again.undefineDomain(uuid);
  });
  const domains = await libvirt.listDomains(NAMESPACE);
  t.match(
    domains.find(({ name }) => name === 'bs1-listed-02'),
    { uuid, state: 'shutoff', id: null, persistent: true, maxMemoryKiB: 65536 },
  );
  t.match(
    domains.find(({ name }) => name === 'test'),
    { state: 'running', id: 1, metadata: null, persistent: true },
  );
  const vm = child(parseXml(domains.find((domain) => domain.uuid === uuid)?.metadata ?? ''), 'vm');
  t.equal(attribute(vm, 'role'), 'a <&" b');
  t.equal(text(child(vm, 'label')), 'x');
  t.ok((await libvirt.listDomains()).every((domain) => domain.metadata === null));
});

t.test('the XML of a domain comes back whole, also where it is long and not ASCII', async (t) => {
  await using libvirt = await openLibvirt('test:///default');
  const title = 'Zürich – 東京 – 🐧 '.repeat(20_000);
  const inside = `<description>${title}</description>`;
  const uuid = await libvirt.defineDomain(testDomainXml('bs1-long-02', inside));
  const xml = await libvirt.domainXml(uuid);
  t.equal(text(child(child(parseXml(xml), 'domain'), 'description')), title);
  await libvirt.undefineDomain(uuid);
});

t.test('XML that libvirt refuses is an error with libvirt’s own words', async (t) => {
  await using libvirt = await openLibvirt('test:///default');
  await t.rejects(libvirt.defineDomain('<domain'), { name: 'LibvirtError', message: /domain_definition|parse/ });
  await t.rejects(libvirt.defineDomain('<network/>'), { code: LIBVIRT_ERROR_CODE.XML_ERROR });
  const misspelled = testDomainXml('bs1-misspelled-02', '<devizes/>');
  await t.rejects(libvirt.defineDomain(misspelled, { validate: true }), {
    code: LIBVIRT_ERROR_CODE.XML_INVALID_SCHEMA,
    message: /devizes/,
  });
  await libvirt.undefineDomain(await libvirt.defineDomain(misspelled));
});

t.test('200 look-ups at once over four connections each see their own error', async (t) => {
  await using libvirt = await openLibvirt('test:///default', { connections: 4 });
  const lookUps = Array.from({ length: 200 }, async (_, number) => {
    if (number % 4 === 0) return libvirt.domainState('test');
    if (number % 4 === 1) return libvirt.networkXml(`missing-${number}`).catch((error: unknown) => error);
    if (number % 4 === 2) return libvirt.startDomain('test').catch((error: unknown) => error);
    return libvirt.domainState(`missing-${number}`).catch((error: unknown) => error);
  });
  const answers = await Promise.all(lookUps);
  for (const [number, answer] of answers.entries()) {
    if (number % 4 === 0) t.equal(answer, 'running');
    else if (number % 4 === 1) t.match(answer, { code: 43, message: new RegExp(`'missing-${number}'`) });
    else if (number % 4 === 2) t.match(answer, { code: 1, message: /already running/ });
    else t.match(answer, { code: 42 });
  }
});

t.test('a raised signal keeps a call from being issued', async (t) => {
  await using libvirt = await openLibvirt('test:///default');
  const reason = new Error('enough');
  await t.rejects(libvirt.destroyDomain('test', AbortSignal.abort(reason)), reason);
  t.equal(await libvirt.domainState('test'), 'running');
  await t.rejects(openLibvirt('test:///default', { signal: AbortSignal.abort(reason) }), reason);
});

t.test('a missing domain is told by its code', async (t) => {
  await using libvirt = await openLibvirt('test:///default');
  await t.rejects(libvirt.domainXml(MISSING), { name: 'LibvirtError', code: 42, domain: 12, errno: null });
  await t.rejects(libvirt.startDomain(MISSING), { code: LIBVIRT_ERROR_CODE.NO_DOMAIN });
});

t.test('a domain is asked to turn off, starts anew, and tells what it uses', async (t) => {
  await using libvirt = await openLibvirt('test:///default');
  const uuid = await libvirt.defineDomain(testDomainXml('bs1-power-02'));
  await libvirt.startDomain(uuid);
  await libvirt.rebootDomain(uuid);
  t.equal(await libvirt.domainState(uuid), 'running');
  t.match(
    (await libvirt.domainStats()).find((stats) => stats.uuid === uuid),
    { cpuTimeNanoseconds: Number, residentBytes: 0, receivedBytes: 0, writtenBytes: 0 },
  );
  await libvirt.shutDownDomain(uuid);
  t.equal(await libvirt.domainState(uuid), 'shutoff');
  await libvirt.shutDownDomain(uuid);
  await t.rejects(libvirt.shutDownDomain(MISSING), { code: LIBVIRT_ERROR_CODE.NO_DOMAIN });
  await libvirt.undefineDomain(uuid);
});
