import fc from 'fast-check';
import t from 'tap';
import {
  networkMetadata,
  parseNetworkMetadata,
  parseVmMetadata,
  vmMetadata,
} from '../../src/driver/libvirt/metadata.js';
import { buildXml } from '../../src/libvirt/xml.js';
import { formatSession } from '../../src/session/format-session.js';
import { parseSession } from '../../src/session/parse-session.js';
import { SESSION_KINDS } from '../../src/session/session.js';

const anyText = fc.string({ unit: 'binary' });
const anySession = fc.record({
  kind: fc.constantFrom(...SESSION_KINDS),
  id: anyText,
  place: anyText,
  user: anyText,
  host: anyText,
  url: fc.option(anyText),
});
const anyTime = fc.option(fc.constantFrom('2026-01-02T03:04:05.000Z', '2030-12-31T23:59:59.999Z'));

t.test('a session with whatever characters comes back from the metadata of VMs and networks as it was', async () => {
  fc.assert(
    fc.property(anySession, anyTime, (session, expires) => {
      const ownership = { slice: 1, root: '/srv', created: 'c', session: formatSession(session), expires };
      const vm = { hostname: 'a-02', role: 'a', offset: 2, accessAddress: null, image: null, labels: {}, plan: null };
      const [vmXml, networkXml] = [
        buildXml('metadata', vmMetadata({ ...ownership, ...vm })),
        buildXml('metadata', networkMetadata({ ...ownership, digest: 'd', plans: [] })),
      ].map((xml) => /<virtbs:[^]*(?=<\/metadata>)/.exec(xml)?.[0] ?? '') as [string, string];
      for (const read of [parseVmMetadata(vmXml), parseNetworkMetadata(networkXml)]) {
        if (JSON.stringify(parseSession(read?.session ?? '')) !== JSON.stringify(session)) return false;
        if (read?.expires !== expires) return false;
      }
      return true;
    }),
  );
});

t.test('what is written is one line of printable characters that a person can read', async (t) => {
  const session = { kind: 'jenkins', id: 'a b\n<ü>', place: 'p', user: 'al@ice', host: 'h', url: null } as const;
  t.equal(formatSession(session), 'jenkins al%40ice@h id=a%20b%0a<%c3%bc> place=p');
});

t.test('metadata of before has a session that is like no other, and no end', async (t) => {
  t.match(parseSession('alice@build1'), {
    kind: 'unknown',
    user: 'alice',
    host: 'build1',
    place: 'unknown:alice@build1',
  });
  t.match(parseSession(''), { kind: 'unknown', id: '' });
  t.match(parseSession('jenkins without=fields'), { kind: 'unknown' });
  t.equal(parseSession('jenkins a@b id=%zz place=p').id, '%zz');
  const old = '<network slice="3" root="/x" digest="d" session="alice@build1"';
  t.match(parseNetworkMetadata(`${old}/>`), { session: 'alice@build1', expires: null });
  t.equal(parseNetworkMetadata(`${old} expires="soon"/>`)?.expires, null);
});
