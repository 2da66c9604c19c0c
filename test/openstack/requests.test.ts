import { inspect } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import tap from 'tap';
import * as z from 'zod';
import { eventLine } from '../../src/cli/render/line-reporter.js';
import { networkSchema } from '../../src/driver/openstack/resources.js';
import { isCloudError } from '../../src/openstack/cloud-error.js';
import type { ServiceClient } from '../../src/openstack/cloud.js';
import { virtbsFailure } from '../image/virtbs-failure.js';
import { openBench, type Bench } from './open-on-fake.js';

const signal = new AbortController().signal;
const idSchema = z.object({ id: z.string() });

function count({ fake }: Bench, wanted: string): number {
  return fake.requests.filter(({ method, path }) => `${method} ${path}` === wanted).length;
}

/** What is said of further attempts. */
function pauses({ events }: Bench): readonly string[] {
  return events.flatMap((event) => (event.type === 'debug' || event.type === 'warning' ? [event.message] : []));
}

/** The network service, whose version was asked for already. */
async function openNetwork(bench: Bench, options?: Parameters<Bench['open']>[0]): Promise<ServiceClient> {
  const network = (await bench.open(options)).service('network');
  await network.send('GET', '/networks', { signal });
  return network;
}

void tap.test('a request is told with its status, its time and its request id', async (t) => {
  const bench = await openBench(t);
  const cloud = await bench.open();
  await cloud.service('network').send('GET', '/networks', { query: { name: ['a', 'b'] }, signal });
  const event = bench.events.at(-1);
  t.match(event, { type: 'request', service: 'network', method: 'GET', path: '/networks?name=a&name=b', status: 200 });
  t.match(
    event && eventLine(event, 'verbose'),
    /^network: GET \/networks\?name=a&name=b 200, \d+ ms, req-[0-9a-f-]{36}$/,
  );
  t.equal(event && eventLine(event, 'normal'), null);
});

for (const status of [429, 503]) {
  void tap.test(`a service that answers ${status} is asked again, whatever the request`, async (t) => {
    const bench = await openBench(t);
    const network = await openNetwork(bench);
    bench.fake.inject({ service: 'network', method: 'POST', times: 2, fault: { status } });
    await network.send('POST', '/networks', { body: { network: { name: 'n' } }, signal });
    t.equal(count(bench, 'POST /networks'), 3);
    t.equal(
      (await network.list('/networks', 'networks', { schema: networkSchema, query: { name: 'n' }, signal })).length,
      1,
    );
    t.equal(pauses(bench)[0], `network is busy (${status}); trying again in 0 s`);
  });
}

void tap.test('Retry-After is waited for, by all requests of the service', async (t) => {
  const bench = await openBench(t);
  const network = await openNetwork(bench);
  const headers = { 'retry-after': '1' };
  bench.fake.inject({ service: 'network', fault: { status: 429, headers } });
  const start = performance.now();
  const first = network.send('GET', '/networks', { signal });
  while (pauses(bench).length === 0) await sleep(1);
  await Promise.all([first, network.send('GET', '/subnets', { signal })]);
  t.ok(performance.now() - start >= 990, 'neither was answered within the second');
  t.equal(pauses(bench)[0], 'network is busy (429); trying again in 1 s');
});

void tap.test('Retry-After may be a date, and one that is too far away is not waited for', async (t) => {
  const bench = await openBench(t);
  const network = await openNetwork(bench);
  const inject = (seconds: number): void => {
    const date = new Date(Date.now() + seconds * 1000).toUTCString();
    bench.fake.inject({ service: 'network', fault: { status: 503, headers: { 'retry-after': date } } });
  };
  inject(1);
  await network.send('GET', '/networks', { signal });
  inject(600);
  const error = await virtbsFailure(network.send('GET', '/networks', { signal }));
  t.match(error, { code: 'cloud-failed', status: 503, hint: /too much to do/ });
});

void tap.test('a service that stays busy is given up', async (t) => {
  const bench = await openBench(t);
  const network = await openNetwork(bench);
  bench.fake.inject({ service: 'network', times: 99, fault: { status: 503, body: { message: 'Under maintenance' } } });
  const error = await virtbsFailure(network.send('GET', '/networks', { signal }));
  t.match(error, { status: 503, reason: 'Under maintenance', requestId: /^req-/ });
});

void tap.test('a connection that breaks is tried again where the request may be carried out twice', async (t) => {
  const bench = await openBench(t);
  const network = await openNetwork(bench);
  for (const reset of ['before', 'after'] as const) {
    bench.fake.inject({ service: 'network', method: 'GET', fault: { reset } });
    await network.send('GET', '/networks', { signal });
    bench.fake.inject({ service: 'network', method: 'POST', fault: { reset } });
    const made = network.send('POST', '/networks', { body: { network: { name: reset } }, signal });
    const error = await virtbsFailure(made);
    t.match(error, {
      code: 'cloud-unreachable',
      message: /network: POST \/networks: the connection to 127\.0\.0\.1:\d+ broke off/,
    });
  }
  t.equal(count(bench, 'POST /networks'), 2, 'nothing was made twice');
  bench.fake.inject({ service: 'network', method: 'PUT', path: /tags/, fault: { reset: 'before' } });
  bench.fake.inject({ service: 'network', method: 'POST', fault: { reset: 'before' } });
  await network.send('POST', '/networks', { body: { network: { name: 'n' } }, retry: true, signal });
  t.equal(count(bench, 'POST /networks'), 4);
});

void tap.test('what a gateway answers is asked again for requests alone that may be carried out twice', async (t) => {
  const bench = await openBench(t);
  const network = await openNetwork(bench);
  bench.fake.inject({ service: 'network', times: 2, fault: { status: 502, body: '<html><h1>502</h1></html>' } });
  await network.send('GET', '/networks', { signal });
  bench.fake.inject({ service: 'network', fault: { status: 504, body: '<html><title>x</title>Time-out</html>' } });
  const error = await virtbsFailure(network.send('POST', '/networks', { body: {}, signal }));
  t.match(error, { status: 504, message: /POST \/networks: 504 Gateway Timeout: x Time-out/ });
});

void tap.test(
  'nobody there is told at once for what is never there, after some attempts for what may come',
  async (t) => {
    const bench = await openBench(t, {
      catalog: (endpoints) => ({ ...endpoints, image: 'http://127.0.0.1:1023/v2' }),
    });
    const cloud = await bench.open();
    const error = await virtbsFailure(cloud.service('image').send('POST', '/images', { body: {}, signal }));
    t.match(error, {
      code: 'cloud-unreachable',
      message: 'image: POST /images: 127.0.0.1:1023 refuses the connection',
      hint: /port/,
    });
    t.equal(bench.events.filter((event) => event.type === 'request' && event.status === null).length, 4);
  },
);

void tap.test('a service that does not answer in time is given up', async (t) => {
  const bench = await openBench(t);
  const network = await openNetwork(bench);
  bench.fake.inject({ service: 'network', method: 'POST', times: 9, fault: 'silence' });
  const error = await virtbsFailure(network.send('POST', '/networks', { body: {}, timeout: 200, signal }));
  t.match(error, {
    code: 'cloud-unreachable',
    message: /POST \/networks: .* did not answer within 0\.2 s/,
    hint: /api_timeout/,
  });
  bench.fake.inject({ service: 'network', method: 'GET', fault: 'silence' });
  await t.resolves(network.send('GET', '/networks', { timeout: 2000, signal }), 'one that reads is tried again');
});

void tap.test('an interruption ends a request, a pause and a wait for others', async (t) => {
  const bench = await openBench(t);
  const network = await openNetwork(bench, { retryDelays: [60_000] });
  for (const fault of ['silence', { status: 503 }] as const) {
    const interrupt = new AbortController();
    bench.fake.inject({ service: 'network', fault });
    const seen = bench.fake.requests.length;
    const request = virtbsFailure(network.send('GET', '/networks', { signal: interrupt.signal }));
    while (bench.fake.requests.length === seen) await sleep(1);
    const told = fault === 'silence' ? 0 : 1;
    while (pauses(bench).length < told) await sleep(1);
    interrupt.abort();
    t.match(await request, { code: 'cancelled', exitCode: 130 });
  }
});

void tap.test('the first part of an answer is no answer', async (t) => {
  const bench = await openBench(t);
  const network = await openNetwork(bench);
  bench.fake.inject({ service: 'network', times: 2, fault: { cut: 40 } });
  t.equal(
    (await network.list('/networks', 'networks', { schema: networkSchema, signal })).length,
    1,
    'a list is read again',
  );
  bench.fake.inject({ service: 'network', fault: { cut: 40 } });
  const error = await virtbsFailure(
    network.request('POST', '/networks', { body: { network: {} }, schema: z.object({ network: idSchema }), signal }),
  );
  t.match(error, {
    code: 'cloud-unreachable',
    message: /POST \/networks: the answer is no whole JSON, it ends after 40 characters/,
  });
});

void tap.test('an answer that is not what was asked for is told in words', async (t) => {
  const bench = await openBench(t);
  const network = await openNetwork(bench);
  const wrong: readonly [unknown, RegExp][] = [
    ['<html><body>Log in</body></html>', /GET \/networks: the answer is HTML, not JSON/],
    ['Hello', /the answer is text, not JSON/],
    [undefined, /the answer is empty, not JSON/],
    [null, /the answer is not as the API says: .*null/],
    [[], /not as the API says/],
    [{}, /not as the API says: networks: /],
    [{ networks: {} }, /not as the API says: networks: .*array/],
    [{ networks: [{ id: 7 }] }, /not as the API says: networks\.0\.id: .*string/],
  ];
  for (const [body, message] of wrong) {
    bench.fake.inject({ service: 'network', fault: { status: 200, body } });
    const error = await virtbsFailure(network.list('/networks', 'networks', { schema: networkSchema, signal }));
    t.match(error, { code: 'cloud-failed', message, hint: /see whether http.* is the network service/ });
  }
});

void tap.test('every form of a refusal gives the words of the service', async (t) => {
  const bench = await openBench(t);
  const compute = (await bench.open()).service('compute');
  const words: readonly [unknown, string | null, string | null][] = [
    [{ itemNotFound: { code: 404, message: 'No server.' } }, 'itemNotFound', 'No server.'],
    [{ NeutronError: { type: 'X', message: 'No net.', detail: '' } }, 'X', 'No net.'],
    [{ NeutronError: 'No net.' }, null, 'No net.'],
    [{ error: { code: 404, title: 'Not Found', message: 'No user.' } }, null, 'No user.'],
    [{ errors: [{ status: 404, title: 'Not Found', detail: 'No trait.' }] }, null, 'No trait.'],
    [{ message: 'No image.<br /><br />\n\n\n', code: '404 Not Found', title: 'Not Found' }, null, 'No image.'],
    ['<html><head><title>404</title></head><body><h1>404</h1>No &lt;page&gt;<br /></body></html>', null, 'No <page>'],
    ['\u001B[31mNo\u0007 way', null, 'No way'],
    ['', null, null],
    [undefined, null, null],
    [{ a: { b: { c: 1 } } }, 'a', null],
    ['x'.repeat(10_000), null, `${'x'.repeat(400)}…`],
  ];
  for (const [body, type, reason] of words) {
    bench.fake.inject({ service: 'compute', path: /servers/, fault: { status: 404, body } });
    const error = await virtbsFailure(compute.send('GET', '/servers/x', { signal }));
    t.ok(isCloudError(error, 404) && error.type === type && error.reason === reason, error.message);
  }
});

void tap.test('a redirect is not followed: the token is for nobody else', async (t) => {
  const bench = await openBench(t);
  const network = await openNetwork(bench);
  const headers = { location: 'http://127.0.0.1:1/' };
  bench.fake.inject({ service: 'network', fault: { status: 302, headers } });
  const error = await virtbsFailure(network.send('GET', '/networks', { signal }));
  t.match(error, { status: 302, message: /302 Found: it sends elsewhere, which is not followed/ });
});

void tap.test('no secret is in what a service says, however it says it', async (t) => {
  const bench = await openBench(t);
  const network = await openNetwork(bench);
  const token = [...bench.fake.identity.tokens.keys()].at(-1) ?? '';
  const body = { NeutronError: { type: 'Bad', message: `token ${token} of demo-password`, detail: '' } };
  bench.fake.inject({ service: 'network', fault: { status: 400, body } });
  const error = await virtbsFailure(
    network.send('GET', `/networks/${token}`, { query: { name: 'demo-password' }, signal }),
  );
  t.match(error, { message: /token \*\*\* of \*\*\*/ });
  t.notMatch(inspect([error, bench.events], { depth: 9 }), new RegExp(`${token}|demo-password`));
});

void tap.test('a limited number of requests of a service is under way at once', async (t) => {
  const bench = await openBench(t);
  const compute = (await bench.open()).service('compute');
  await compute.send('GET', '/servers', { signal });
  await Promise.all(Array.from({ length: 60 }, () => compute.send('GET', '/servers', { signal })));
  t.ok((bench.fake.busiest['compute'] ?? 99) <= 8, `${bench.fake.busiest['compute']} at once`);
});

void tap.test('any number of requests wait for one signal without a warning of Node', async (t) => {
  const bench = await openBench(t);
  const compute = (await bench.open()).service('compute');
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  t.teardown(() => process.off('warning', onWarning));
  const { signal: shared } = new AbortController();
  bench.fake.inject({ service: 'compute', path: /servers/, times: 20, fault: { status: 503 } });
  await Promise.all(Array.from({ length: 40 }, () => compute.send('GET', '/servers', { signal: shared })));
  await new Promise((resolve) => setImmediate(resolve));
  t.strictSame(warnings, []);
});

void tap.test('a connection is kept for the next request', async (t) => {
  const bench = await openBench(t);
  const compute = (await bench.open()).service('compute');
  for (let index = 0; index < 20; index++) await compute.send('GET', '/servers', { signal });
  // The next request can come before the connection of the last one is known to be free.
  t.ok(bench.fake.connections <= 3, `${bench.fake.connections} connections`);
});

void tap.test('every page of a list is read', async (t) => {
  const bench = await openBench(t);
  const cloud = await bench.open();
  const network = cloud.service('network');
  for (const name of ['a', 'b', 'c']) await network.send('POST', '/networks', { body: { network: { name } }, signal });
  const names = async (limit: number): Promise<unknown> =>
    (await network.list('/networks', 'networks', { schema: networkSchema, query: { limit }, signal })).map(
      ({ name }) => name,
    );
  t.strictSame(await names(1), ['public', 'a', 'b', 'c']);
  t.strictSame(await names(3), ['public', 'a', 'b', 'c']);
  for (const type of ['compute', 'image'] as const) {
    const [path, key] = type === 'compute' ? ['/flavors/detail', 'flavors'] : ['/images', 'images'];
    const all = await cloud.service(type).list(path, key, { schema: idSchema, signal });
    t.strictSame(await cloud.service(type).list(path, key, { schema: idSchema, query: { limit: 1 }, signal }), all);
  }
  const link = { networks: [], networks_links: [{ rel: 'next', href: `${bench.fake.url}/x?marker=1` }] };
  bench.fake.inject({ service: 'network', times: 99, fault: { status: 200, body: link } });
  t.strictSame(await network.list('/networks', 'networks', { schema: networkSchema, signal }), [], 'a circle ends');
});

void tap.test('the microversion is the newest that both know, or the one that is pinned', async (t) => {
  const bench = await openBench(t);
  const { fake } = bench;
  const spoken = async (variables: Record<string, string>, type: 'compute' | 'volume' = 'compute') => {
    const cloud = await bench.open({ environment: { ...fake.environment(), ...variables } });
    await cloud.service(type).send('GET', '/limits', { signal });
    return fake.requests.at(-1)?.headers['openstack-api-version'];
  };
  t.equal(await spoken({}), 'compute 2.93');
  t.equal(await spoken({}, 'volume'), 'volume 3.70');
  t.equal(await spoken({ OS_COMPUTE_API_VERSION: '2.79' }), 'compute 2.79');
  t.equal(await spoken({ OS_COMPUTE_API_VERSION: '2' }), 'compute 2.93');
  t.equal(await spoken({ OS_COMPUTE_API_VERSION: 'latest' }), 'compute 2.93');
  const error = await virtbsFailure(spoken({ OS_COMPUTE_API_VERSION: '2.94' }));
  t.match(error, { code: 'config-invalid', message: /compute: version 2\.94 is asked for, it speaks 2\.1 to 2\.93/ });
  const compute = (await bench.open()).service('compute');
  await compute.send('GET', '/limits', { microversion: '2.10', signal });
  t.equal(fake.requests.at(-1)?.headers['openstack-api-version'], 'compute 2.10');
  t.ok(await compute.speaks('2.93', signal));
  t.notOk(await compute.speaks('2.94', signal));
  t.ok(await compute.speaks('2.9', signal), 'versions are numbers, not text');
});

void tap.test('an old compute service, and one whose versions cannot be read, is spoken with as it can', async (t) => {
  const bench = await openBench(t);
  const old = { id: 'v2.1', status: 'CURRENT', version: '2.38', min_version: '2.1', links: [] };
  bench.fake.inject({ service: 'compute', path: /^\/$/, fault: { status: 200, body: { version: old } } });
  const compute = (await bench.open()).service('compute');
  t.notOk(await compute.speaks('2.39', signal));
  await compute.send('GET', '/limits', { signal });
  t.equal(bench.fake.requests.at(-1)?.headers['openstack-api-version'], 'compute 2.38');
  bench.fake.inject({ service: 'compute', path: /^\/$/, fault: { status: 403, body: '<html>no</html>' } });
  const closed = (await bench.open()).service('compute');
  t.notOk(await closed.speaks('2.1', signal));
  await closed.send('GET', '/limits', { signal });
  t.equal(bench.fake.requests.at(-1)?.headers['openstack-api-version'], undefined);
});

void tap.test('a service that is busy when its versions are asked for is not taken for an old one', async (t) => {
  const bench = await openBench(t);
  const compute = (await bench.open()).service('compute');
  bench.fake.inject({ service: 'compute', path: /^\/$/, times: 4, fault: { status: 503 } });
  t.match(await virtbsFailure(compute.send('GET', '/limits', { signal })), { status: 503 });
  await compute.send('GET', '/limits', { signal });
  t.equal(bench.fake.requests.at(-1)?.headers['openstack-api-version'], 'compute 2.93');
});

void tap.test('an upload is streamed, is told its length, and is never made twice', async (t) => {
  const bench = await openBench(t);
  const images = (await bench.open()).service('image');
  const made = await images.request('POST', '/images', { body: { name: 'i' }, schema: idSchema, signal });
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  let sent = 0;
  const chunks = async function* () {
    for (; sent < 5; sent++) yield chunk;
  };
  await images.upload(`/images/${made.id}/file`, chunks(), { bytes: 5 * chunk.length, signal });
  const upload = bench.fake.requests.at(-1);
  t.match(upload?.headers, { 'content-length': String(5 * chunk.length), 'content-type': 'application/octet-stream' });
  t.match(bench.fake.images.images[0], { status: 'active', size: 5 * chunk.length });

  bench.fake.inject({ service: 'image', method: 'PUT', times: 9, fault: { status: 503 } });
  const seen = bench.fake.requests.length;
  const error = await virtbsFailure(images.upload(`/images/${made.id}/file`, chunks(), { bytes: 0, signal }));
  t.match(error, { status: 503 });
  t.equal(bench.fake.requests.length, seen + 1);
  const short = images.upload(`/images/${made.id}/file`, chunks(), { bytes: 5, signal });
  t.match(await virtbsFailure(short), { code: 'cloud-unreachable' }, 'fewer bytes than were promised are a failure');
});
