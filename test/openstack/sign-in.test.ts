import { inspect } from 'node:util';
import tap from 'tap';
import * as z from 'zod';
import { virtbsFailure } from '../image/virtbs-failure.js';
import { openBench } from './open-on-fake.js';

const signal = new AbortController().signal;

/** Every text that a person can come to see of a failure. */
function shown(error: unknown): string {
  return inspect(error, { depth: 9 });
}

void tap.test('a password signs in, and the catalog leads to every service', async (t) => {
  const { fake, open } = await openBench(t);
  const cloud = await open();
  t.match(cloud, { projectName: 'demo', userName: 'demo', region: 'RegionOne' });
  t.equal(cloud.projectId, fake.identity.users[0]?.project.id);
  for (const [type, path, key] of [
    ['compute', '/flavors/detail', 'flavors'],
    ['network', '/networks', 'networks'],
    ['image', '/images', 'images'],
    ['volume', '/types', 'volume_types'],
  ] as const) {
    t.ok(cloud.has(type));
    const items = await cloud.service(type).list(path, key, { schema: z.looseObject({ id: z.string() }), signal });
    t.ok(items.length > 0, type);
  }
});

void tap.test('an auth url without a version leads to keystone, and so do endpoints without one', async (t) => {
  const { fake, open } = await openBench(t, {
    catalog: (endpoints) => ({
      ...endpoints,
      compute: new URL('/compute', endpoints['compute']).href,
      'block-storage': new URL('/volume/', endpoints['compute']).href,
      image: new URL('/image/v2/', endpoints['compute']).href,
    }),
  });
  const cloud = await open({ environment: { ...fake.environment(), OS_AUTH_URL: `${fake.url}/identity` } });
  t.ok(await cloud.service('compute').speaks('2.93', signal));
  await t.resolves(cloud.service('volume').send('GET', '/volumes/detail', { signal }));
  await t.resolves(cloud.service('image').send('GET', '/images', { signal }));
});

void tap.test('the older names of the volume service do as well', async (t) => {
  const { open } = await openBench(t, {
    catalog: ({ 'block-storage': volume = '', ...endpoints }) => ({
      ...endpoints,
      volumev2: '/none',
      volumev3: volume,
    }),
  });
  const cloud = await open();
  await t.resolves(cloud.service('volume').send('GET', '/volumes/detail', { signal }));
});

void tap.test('a service that the catalog does not have, or not there, is told', async (t) => {
  const { fake, open } = await openBench(t, {
    catalog: (endpoints) => {
      const { 'block-storage': _, ...others } = endpoints;
      return others;
    },
  });
  const cloud = await open();
  t.notOk(cloud.has('volume'));
  t.throws(() => cloud.service('volume'), { code: 'cloud-failed', message: /the cloud has no volume service/ });
  const elsewhere = await open({ environment: { ...fake.environment(), OS_REGION_NAME: 'Mars' } });
  t.throws(() => elsewhere.service('compute'), { message: /no endpoint of compute is public in Mars: .*RegionOne/ });
});

void tap.test('an endpoint of the settings wins over the catalog', async (t) => {
  const { fake, open } = await openBench(t, {
    catalog: (endpoints) => ({ ...endpoints, image: 'http://127.0.0.1:1' }),
  });
  const environment = { ...fake.environment(), OS_IMAGE_ENDPOINT_OVERRIDE: `${fake.url}/image` };
  const cloud = await open({ environment });
  await t.resolves(cloud.service('image').send('GET', '/images', { signal }));
});

void tap.test('a token and an application credential sign in', async (t) => {
  const { fake, open } = await openBench(t);
  const url = { OS_AUTH_URL: `${fake.url}/identity/v3` };
  const cloud = await open();
  const path = `/users/${cloud.userId}/application_credentials`;
  const made = await cloud.service('identity').request('POST', path, {
    body: { application_credential: { name: 'mine' } },
    schema: z.object({ application_credential: z.object({ id: z.string(), secret: z.string() }) }),
    signal,
  });
  const { id, secret } = made.application_credential;
  const byId = { ...url, OS_APPLICATION_CREDENTIAL_ID: id, OS_APPLICATION_CREDENTIAL_SECRET: secret };
  t.equal((await open({ environment: byId })).projectName, 'demo');
  const byName = {
    ...url,
    OS_USERNAME: 'demo',
    OS_APPLICATION_CREDENTIAL_NAME: 'mine',
    OS_APPLICATION_CREDENTIAL_SECRET: secret,
  };
  t.equal((await open({ environment: byName })).projectName, 'demo');
  const [token = ''] = fake.identity.tokens.keys();
  const byToken = { ...url, OS_AUTH_TYPE: 'token', OS_TOKEN: token, OS_PROJECT_NAME: 'demo' };
  t.equal((await open({ environment: byToken })).projectName, 'demo');
});

void tap.test('whoever is not let in is told why, without the secret', async (t) => {
  const { fake, open } = await openBench(t);
  const url = { OS_AUTH_URL: `${fake.url}/identity/v3` };
  const demo = fake.environment();
  const wrong: readonly [Record<string, string>, RegExp][] = [
    [{ ...demo, OS_PASSWORD: 'secret-words' }, /does not take the user and password: The request you have made/],
    [{ ...demo, OS_PROJECT_NAME: 'other' }, /does not take the user and password/],
    [{ ...url, OS_AUTH_TYPE: 'token', OS_TOKEN: 'gAAAsecret-words' }, /does not take the token: Could not find token/],
    [
      { ...url, OS_APPLICATION_CREDENTIAL_ID: 'x', OS_APPLICATION_CREDENTIAL_SECRET: 'secret-words' },
      /the application credential/,
    ],
    [{ ...demo, OS_PROJECT_NAME: '' }, /no project is named/],
    [{ ...demo, OS_AUTH_URL: `${fake.url}/elsewhere` }, /there is no keystone of version 3 at/],
  ];
  for (const [environment, message] of wrong) {
    const error = await virtbsFailure(open({ environment }));
    t.match(error, { code: 'cloud-sign-in', message, hint: /./ });
    t.notMatch(shown(error), /secret-words|demo-password/);
  }
});

void tap.test('the clock of the cloud need not be ours', async (t) => {
  const { fake, open } = await openBench(t);
  fake.identity.clockSkew = -86_400_000;
  const network = (await open()).service('network');
  for (let index = 0; index < 5; index++) await network.send('GET', '/networks', { signal });
  t.equal(fake.requests.filter(({ path }) => path === '/auth/tokens').length, 1);
});

void tap.test('a token is renewed before it expires', async (t) => {
  const { fake, open } = await openBench(t);
  fake.identity.tokenLife = 400;
  const cloud = await open();
  const signIns = (): number => fake.requests.filter(({ path }) => path === '/auth/tokens').length;
  t.equal(signIns(), 1);
  const refused = (): number => fake.requests.filter(({ status }) => status === 401).length;
  for (let end = Date.now() + 30_000; signIns() < 3 && Date.now() < end;) {
    await cloud.service('network').send('GET', '/networks', { signal });
  }
  t.equal(signIns(), 3);
  t.ok(refused() <= 1, 'no request was made with a token that had expired, or one at most that was just about to');
});

void tap.test('a token that a service does not take is renewed once, for all who wait', async (t) => {
  const { fake, open } = await openBench(t);
  const cloud = await open();
  const compute = cloud.service('compute');
  await compute.send('GET', '/servers', { signal });
  fake.identity.revokeAll();
  await Promise.all(Array.from({ length: 6 }, () => compute.send('GET', '/servers', { signal })));
  t.equal(fake.requests.filter(({ path }) => path === '/auth/tokens').length, 2);
});

void tap.test('a service that takes no token at all does not make us sign in for ever', async (t) => {
  const { fake, open } = await openBench(t);
  const cloud = await open();
  fake.inject({
    service: 'network',
    path: /networks/,
    times: 9,
    fault: { status: 401, body: { error: { message: 'no' } } },
  });
  const error = await virtbsFailure(cloud.service('network').send('GET', '/networks', { signal }));
  t.match(error, { code: 'cloud-sign-in', status: 401, message: /network: GET \/networks: 401 Unauthorized: no/ });
  t.equal(fake.requests.filter(({ path }) => path === '/auth/tokens').length, 2);
});

void tap.test('a token that was given cannot be renewed, which is told', async (t) => {
  const { fake, open } = await openBench(t);
  await open();
  const [token = ''] = fake.identity.tokens.keys();
  const environment = {
    OS_AUTH_URL: `${fake.url}/identity`,
    OS_AUTH_TYPE: 'token',
    OS_TOKEN: token,
    OS_PROJECT_NAME: 'demo',
  };
  const cloud = await open({ environment });
  fake.identity.revokeAll();
  const error = await virtbsFailure(cloud.service('network').send('GET', '/networks', { signal }));
  t.match(error, { code: 'cloud-sign-in', message: /does not take the token/, hint: /good for some hours only/ });
  t.notMatch(shown(error), new RegExp(token));
});

void tap.test('two users do not see what is the other one’s', async (t) => {
  const { fake, open } = await openBench(t);
  const cloud = await open();
  const other = await open({ environment: fake.environment('other') });
  const schema = z.object({ network: z.object({ id: z.string() }) });
  const { network } = await cloud
    .service('network')
    .request('POST', '/networks', { body: { network: { name: 'n' } }, schema, signal });
  const error = await virtbsFailure(other.service('network').send('DELETE', `/networks/${network.id}`, { signal }));
  t.match(error, { status: 404, type: 'NetworkNotFound' });
});
