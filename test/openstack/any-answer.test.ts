import fc from 'fast-check';
import tap from 'tap';
import { VirtbsError } from '../../src/errors.js';
import { serverSchema } from '../../src/driver/openstack/resources.js';
import { openBench } from './open-on-fake.js';

const signal = new AbortController().signal;

const SERVERS = JSON.stringify({
  servers: [
    {
      id: 'a',
      name: 'b',
      status: 'ACTIVE',
      created: '',
      tenant_id: '',
      user_id: '',
      flavor: {},
      addresses: { net: [{ addr: '10.0.0.1', version: 4 }] },
      metadata: { a: 'b' },
    },
  ],
  servers_links: [{ rel: 'next', href: 'x?marker=a' }],
});

/** The answer of a real service with a piece of it replaced, cut off, or something else altogether. */
const body = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('<html>', '<!DOCTYPE html><p>Log in', '[', '{"servers":', 'null', '{"servers_links":7}'),
  fc.nat(SERVERS.length).map((length) => SERVERS.slice(0, length)),
  fc
    .tuple(fc.nat(SERVERS.length), fc.nat(20), fc.constantFrom('', '7', 'null', '[]', '{}', '"', '\\u0000', '1e999'))
    .map(([start, length, text]) => SERVERS.slice(0, start) + text + SERVERS.slice(start + length)),
);

const status = fc.oneof({ weight: 3, arbitrary: fc.constant(200) }, fc.integer({ min: 200, max: 599 }));
const headers = fc.record(
  {
    'content-type': fc.constantFrom('application/json', 'text/html', 'x', ''),
    'retry-after': fc.constantFrom('0', '-1', 'soon', '99999999999', ''),
    'x-openstack-request-id': fc.constantFrom('req-1', ''),
    location: fc.constantFrom('/', 'http://[', ''),
  },
  { requiredKeys: [] },
);

void tap.test('whatever a service answers is read, or is a failure in words', async (t) => {
  const { fake, open } = await openBench(t);
  const compute = (await open()).service('compute');
  await compute.speaks('2.1', signal);
  const list = () => compute.list('/servers/detail', 'servers', { schema: serverSchema, signal });
  await fc.assert(
    fc.asyncProperty(status, headers, body, async (code, given, content) => {
      // 204 and 304 have no body in HTTP.
      const text = code === 204 || code === 304 ? undefined : content;
      fake.inject({ service: 'compute', times: 9, fault: { status: code, headers: given, body: text } });
      const failure: unknown = await list().then(
        () => undefined,
        (error: unknown) => error,
      );
      fake.clearFaults();
      if (failure === undefined) return;
      if (!(failure instanceof VirtbsError)) throw failure as Error;
      // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
      if (/[\u0000-\u001F\u007F]/.test(failure.message)) throw new Error(`not one plain line: ${failure.message}`);
      if (failure.message.length > 700) throw new Error('a message without end');
    }),
    { numRuns: 400 },
  );
  t.strictSame(await list(), [], 'and afterwards all is well');
});
