import { inspect } from 'node:util';
import tap from 'tap';
import { startProxy } from '../http/proxy-server.js';
import { virtbsFailure } from '../image/virtbs-failure.js';
import { makeAuthority } from './make-authority.js';
import { openBench } from './open-on-fake.js';

const LOGIN = 'me:proxy%40secret';
const PLAIN_LOGIN = 'me:proxy@secret';

void tap.test(
  'a cloud without TLS is asked through http_proxy, one with TLS through a tunnel of https_proxy',
  async (t) => {
    const { ca, issue } = await makeAuthority(t);
    const proxy = await startProxy(t, { login: PLAIN_LOGIN });
    for (const tls of [undefined, await issue('127.0.0.1')]) {
      const { fake, events, open } = await openBench(t, tls && { tls });
      const variable = tls ? 'https_proxy' : 'HTTP_PROXY';
      const environment = { ...fake.environment(), OS_CACERT: ca, [variable]: `http://${LOGIN}@${proxy.host}` };
      proxy.requests.length = 0;
      const cloud = await open({ environment });
      const { signal } = new AbortController();
      t.ok(await cloud.service('compute').speaks('2.1', signal));
      const { host } = new URL(fake.url);
      const expected = tls ? [`CONNECT ${host}`] : ['POST', 'GET'].map((method) => `${method} ${fake.url}/`);
      for (const line of expected)
        t.ok(
          proxy.requests.find((request) => request.startsWith(line)),
          line,
        );
      t.ok(
        proxy.requests.every((request) => expected.some((line) => request.startsWith(line))),
        'and nothing else',
      );
      t.ok(fake.requests.length > 1);
      t.ok(
        fake.requests.every(({ headers }) => headers['host'] === host && headers['proxy-authorization'] === undefined),
        'the cloud hears nothing of it',
      );
      t.notMatch(inspect(events, { depth: 9 }), /secret/);
    }
  },
);

void tap.test('a cloud that no_proxy names is asked itself', async (t) => {
  const { fake, open } = await openBench(t);
  const environment = { ...fake.environment(), http_proxy: 'http://127.0.0.1:9', no_proxy: 'example.org,127.0.0.0/8' };
  t.equal((await open({ environment })).projectName, 'demo');
});

void tap.test('where the proxy fails it is named, with its variable and without its password', async (t) => {
  const plain = await openBench(t);
  const secure = await openBench(t, { tls: await (await makeAuthority(t)).issue('127.0.0.1') });
  const gone = { host: '127.0.0.1:9', requests: [] };
  const locked = await startProxy(t, { login: PLAIN_LOGIN });
  const squid = { status: 503, headers: { 'x-squid-error': 'ERR_CONNECT_FAIL 111' } };
  const cases = [
    [gone, 'me:secret@', /refuses the connection/],
    [locked, '', /wants a user name and password: 407/],
    [locked, 'me:secret@', /does not take the password: 407/],
    [await startProxy(t, { status: 502 }), 'me:secret@', /answered 502 Bad Gateway/],
    [await startProxy(t, { status: 403 }), 'me:secret@', /answered 403 Forbidden/, 'tunnel'],
    [await startProxy(t, squid), 'me:secret@', /answered 503 Service Unavailable/],
  ] as const;
  for (const { fake, open } of [plain, secure]) {
    const variable = fake === secure.fake ? 'https_proxy' : 'http_proxy';
    for (const [proxy, login, reason, only] of cases) {
      if (only === 'tunnel' && fake === plain.fake) continue;
      const environment = { ...fake.environment(), [variable]: `http://${login}${proxy.host}` };
      const error = await virtbsFailure(open({ environment }));
      t.match(error, { code: 'cloud-unreachable', exitCode: 1, message: reason, hint: /./ });
      t.ok(error.message.includes(`the proxy ${proxy.host} (${variable})`), error.message);
      t.notMatch(inspect(error, { depth: 9, showHidden: true }), /secret/);
    }
    const environment = { ...fake.environment(), [variable]: 'http://me:se/cret@proxy:x' };
    const error = await virtbsFailure(open({ environment }));
    t.match(error, { code: 'cloud-unreachable', message: `${variable} holds no address of an HTTP proxy` });
    t.notMatch(inspect(error, { depth: 9, showHidden: true }), /cret/);
  }
  t.strictSame([...plain.fake.requests, ...secure.fake.requests], []);
});

void tap.test('what a cloud refuses is told of the cloud, also through a proxy', async (t) => {
  const { fake, open } = await openBench(t);
  const proxy = await startProxy(t);
  const environment = { ...fake.environment(), OS_PASSWORD: 'wrong', http_proxy: `http://${proxy.host}` };
  const error = await virtbsFailure(open({ environment }));
  t.match(error, { code: 'cloud-sign-in' });
  t.notMatch(error.message, /proxy/);
});
