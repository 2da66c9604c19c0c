import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import tap, { type Test } from 'tap';
import type { VirtbsError } from '../../src/errors.js';
import type { CloudSettings } from '../../src/openstack/cloud-settings.js';
import { readCloudSettings } from '../../src/openstack/read-cloud-settings.js';
import { virtbsFailure } from '../image/virtbs-failure.js';

const DEMO = `
clouds:
  demo:
    region_name: RegionOne
    auth:
      auth_url: http://keystone.example:5000/v3
      username: demo
      password: demo-password
      project_name: demo
      user_domain_name: Default
      project_domain_id: default
`;

const OTHER = `
  other:
    auth: {auth_url: http://other.example/v3, username: other, password: other-password, project_id: "1"}
`;

const VARIABLES = {
  OS_AUTH_URL: 'http://env.example/v3',
  OS_USERNAME: 'env',
  OS_PASSWORD: 'env-password',
  OS_PROJECT_NAME: 'env',
};

interface Home {
  /** A folder that is home and working directory at once, with these files. */
  readonly read: (environment?: Record<string, string>, cloud?: string) => Promise<CloudSettings>;
  readonly fail: (environment?: Record<string, string>) => Promise<VirtbsError>;
}

async function openHome(t: Test, files: Readonly<Record<string, string>>): Promise<Home> {
  const home = await mkdtemp(join(tmpdir(), 'virtbs-clouds-'));
  t.teardown(() => rm(home, { recursive: true }));
  const cwd = join(home, 'work');
  await mkdir(cwd);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(home, name)), { recursive: true });
    await writeFile(join(home, name), text);
  }
  const read: Home['read'] = (environment = {}, cloud) =>
    readCloudSettings({ environment: { HOME: home, ...environment }, cwd, ...(cloud !== undefined && { cloud }) });
  return { read, fail: (environment) => virtbsFailure(read(environment)) };
}

void tap.test('a cloud is found by its name in clouds.yaml', async (t) => {
  const { read } = await openHome(t, { '.config/openstack/clouds.yaml': DEMO + OTHER });
  t.match(await read({ OS_CLOUD: 'demo' }), {
    name: 'demo',
    authUrl: 'http://keystone.example:5000/v3',
    credentials: { kind: 'password', user: { name: 'demo', domain: { name: 'Default' } }, password: 'demo-password' },
    project: { name: 'demo', domain: { id: 'default' } },
    region: 'RegionOne',
    interface: 'public',
  });
  t.match(await read({ OS_CLOUD: 'demo' }, 'other'), { name: 'other', project: { id: '1' } });
});

void tap.test('the working directory comes before the home, and a file that is named before both', async (t) => {
  const at = (host: string): string => DEMO.replace('keystone.example', host);
  const { read } = await openHome(t, {
    '.config/openstack/clouds.yaml': at('home'),
    'work/clouds.yaml': at('work'),
    'named.yaml': at('named'),
  });
  t.equal((await read()).authUrl, 'http://work:5000/v3');
  t.equal((await read({ OS_CLIENT_CONFIG_FILE: '../named.yaml' })).authUrl, 'http://named:5000/v3');
});

void tap.test('secure.yaml is laid over clouds.yaml', async (t) => {
  const { read } = await openHome(t, {
    'work/clouds.yaml': DEMO.replace(/ +password: .*\n/, ''),
    '.config/openstack/secure.yaml': 'clouds: {demo: {auth: {password: from-secure}}}',
  });
  t.match(await read(), { credentials: { user: { name: 'demo' }, password: 'from-secure' } });
});

void tap.test('a cloud stands on the profile that it names', async (t) => {
  const { read } = await openHome(t, {
    'work/clouds.yaml': 'clouds: {mine: {profile: big, auth: {username: me, password: my-password, project_name: p}}}',
    'work/clouds-public.yaml': 'public-clouds: {big: {region_name: r1, auth: {auth_url: "http://big/v3"}}}',
  });
  t.match(await read(), { authUrl: 'http://big/v3', region: 'r1', credentials: { password: 'my-password' } });
});

void tap.test("a profile that only OpenStack's SDK knows is told as such", async (t) => {
  const cloud = '{profile: otc, auth: {username: me, password: my-password, project_name: p}}';
  const { fail, read } = await openHome(t, {
    'work/clouds.yaml': `clouds: {mine: ${cloud}, whole: {profile: otc, auth: {auth_url: "http://otc/v3", username: me, password: my-password}}}`,
  });
  t.match(await fail({ OS_CLOUD: 'mine' }), {
    code: 'config-invalid',
    message: 'clouds.yaml: cloud "mine": auth_url is missing, and profile "otc" is in no clouds-public.yaml',
    hint: /built into OpenStack's SDK: write auth_url/,
  });
  t.match(await read({ OS_CLOUD: 'whole' }), { authUrl: 'http://otc/v3' }, 'what the file has is enough');
});

void tap.test('what is wrong with a variable names it', async (t) => {
  const { fail } = await openHome(t, { 'work/clouds.yaml': DEMO });
  t.match(await fail({ ...VARIABLES, OS_AUTH_URL: 'keystone' }), { message: /OS_AUTH_URL: is no url/ });
  t.match(await fail({ ...VARIABLES, OS_INSECURE: 'perhaps' }), { message: /OS_INSECURE: is neither true nor false/ });
  t.match(await fail({ ...VARIABLES, OS_COMPUTE_API_VERSION: 'two' }), {
    message: /OS_COMPUTE_API_VERSION: is no version/,
  });
  t.match(await fail({ OS_CLOUD: 'dmeo' }), {
    message: /unknown cloud "dmeo"/,
    hint: 'see OS_CLOUD in the environment',
  });
});

void tap.test('PEM in the place of a path is read as PEM', async (t) => {
  const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  const inFile = `    cacert: |\n${pem.replaceAll(/^(?=.)/gm, '      ')}`;
  const { read } = await openHome(t, { 'work/clouds.yaml': DEMO + inFile });
  t.match(await read(), { tls: { cacert: pem, labels: { cacert: 'clouds.demo.cacert' } } });
  t.match(await read({ ...VARIABLES, OS_CACERT: pem }), { tls: { cacert: pem, labels: { cacert: 'OS_CACERT' } } });
});

void tap.test(
  'variables count where no cloud is named, and where one is only the region does and a missing password',
  async (t) => {
    const { read } = await openHome(t, { 'work/clouds.yaml': DEMO.replace(/ +password: .*\n/, '') });
    t.match(await read(VARIABLES), { name: 'env.example', authUrl: 'http://env.example/v3', project: { name: 'env' } });
    t.match(await read({ ...VARIABLES, OS_CLOUD: 'envvars' }), { name: 'env.example' });
    t.match(await read({ ...VARIABLES, OS_CLOUD: 'demo', OS_REGION_NAME: 'RegionTwo' }), {
      authUrl: 'http://keystone.example:5000/v3',
      credentials: { user: { name: 'demo' }, password: 'env-password' },
      region: 'RegionTwo',
    });
  },
);

void tap.test('a selector alone tells of no cloud, so the only one in clouds.yaml is meant', async (t) => {
  const { read } = await openHome(t, { 'work/clouds.yaml': DEMO });
  t.equal((await read({ OS_REGION_NAME: 'RegionTwo' })).name, 'demo');
});

void tap.test('every way to sign in is understood', async (t) => {
  const { read } = await openHome(t, {});
  const url = { OS_AUTH_URL: 'http://env.example' };
  t.strictSame((await read({ ...url, OS_AUTH_TYPE: 'v3token', OS_TOKEN: 'gAAA', OS_PROJECT_ID: 'p' })).credentials, {
    kind: 'token',
    token: 'gAAA',
  });
  const secret = { ...url, OS_APPLICATION_CREDENTIAL_SECRET: 'app-secret' };
  t.match(await read({ ...secret, OS_APPLICATION_CREDENTIAL_ID: 'ac' }), {
    credentials: { kind: 'application-credential', id: 'ac', user: null },
    project: null,
  });
  const byName = { ...secret, OS_AUTH_TYPE: 'v3applicationcredential', OS_APPLICATION_CREDENTIAL_NAME: 'ac' };
  t.match(await read({ ...byName, OS_USERNAME: 'u' }), {
    credentials: { kind: 'application-credential', name: 'ac', user: { name: 'u', domain: { id: 'default' } } },
  });
});

void tap.test('what is told of TLS, endpoints and versions is understood', async (t) => {
  const settings = `
    verify: false
    cacert: ~/ca.pem
    api_timeout: 30
    endpoint_type: internalURL
    compute_api_version: "2.79"
    volume_api_version: 3
    block_storage_endpoint_override: http://cinder/v3
    image-interface: admin
`;
  const { read } = await openHome(t, { 'work/clouds.yaml': DEMO + settings });
  t.match(await read({ OS_CLIENT_CONFIG_FILE: 'clouds.yaml', HOME: '/home/somebody' }), {
    tls: { verify: false, cacert: '/home/somebody/ca.pem', cert: null },
    timeout: 30_000,
    interface: 'internal',
    services: {
      compute: { microversion: '2.79' },
      volume: { microversion: null, endpoint: 'http://cinder/v3' },
      image: { interface: 'admin' },
    },
  });
  t.match(await read({ ...VARIABLES, OS_INSECURE: 'true', OS_COMPUTE_API_VERSION: '2.latest' }), {
    tls: { verify: false },
    services: { compute: { microversion: 'latest' } },
  });
});

void tap.test('a region of a list brings its own settings', async (t) => {
  const regions = `
    regions:
    - one
    - name: two
      values: {interface: internal, auth: {project_name: of-two}}
`;
  const { read } = await openHome(t, {
    'work/clouds.yaml': DEMO.replace('    region_name: RegionOne\n', '') + regions,
  });
  t.match(await read(), { region: 'one', interface: 'public', project: { name: 'demo' } });
  t.match(await read({ OS_REGION_NAME: 'two' }), { region: 'two', interface: 'internal', project: { name: 'of-two' } });
});

void tap.test('who has told of no cloud is told how to', async (t) => {
  const { fail } = await openHome(t, {});
  t.match(await fail(), { code: 'config-invalid', message: /no clouds\.yaml/, hint: /OS_CLOUD.*OS_AUTH_URL/ });
  t.match(await fail({ OS_CLOUD: 'demo' }), { message: /"demo" is not known: there is no clouds\.yaml/ });
  t.match(await fail({ OS_CLIENT_CONFIG_FILE: '/nowhere.yaml' }), {
    message: '/nowhere.yaml: no such file or folder',
    hint: /OS_CLIENT_CONFIG_FILE/,
  });
});

void tap.test('a cloud that is not in clouds.yaml is told with the nearest that is', async (t) => {
  const { fail } = await openHome(t, { 'work/clouds.yaml': DEMO + OTHER });
  t.match(await fail({ OS_CLOUD: 'dmeo' }), { message: /^clouds\.yaml: unknown cloud "dmeo".*demo/ });
  t.match(await fail(), { message: 'clouds.yaml: it has several clouds, and none is named: demo, other' });
});

void tap.test('what is missing is named', async (t) => {
  const { fail } = await openHome(t, {});
  t.match(await fail({ OS_USERNAME: 'u', OS_PASSWORD: 'p' }), { message: 'the environment: OS_AUTH_URL is missing' });
  t.match(await fail({ OS_AUTH_URL: 'http://a/v3' }), { message: 'the environment: OS_USERNAME is missing' });
  t.match(await fail({ OS_AUTH_URL: 'http://a/v3', OS_USERNAME: 'u' }), { message: /OS_PASSWORD is missing/ });
  t.match(await fail({ OS_AUTH_URL: 'http://a/v3', OS_AUTH_TYPE: 'token' }), { message: /OS_TOKEN is missing/ });
});

void tap.test('a wrong value is told with its place, and never repeated: any may be a secret', async (t) => {
  const wrong: readonly [line: string, message: RegExp][] = [
    [
      '      password: 12345678',
      /^clouds\.yaml:8:17: clouds\.demo\.auth\.password: is not text to YAML: put it in quotes$/,
    ],
    ['      password: *hunter2hunter2', /^clouds\.yaml:8:17: this is not YAML/],
    ['      password: !hunter2hunter2 x', /^clouds\.yaml:8:17: this is not YAML/],
    ['      password: "hunter2hunter2" hunter2', /^clouds\.yaml:8:\d+: this is not YAML/],
    [
      '      auth_url: "hunter2hunter2"',
      /^clouds\.yaml:8:17: clouds\.demo\.auth\.auth_url: is no url of http or https$/,
    ],
    ['      auth_url: "http://me:hunter2hunter2@host/v3"', /has a user name or a password in it/],
    ['      auth_type: v3oidcpassword', /auth_type: is none of password, v3password/],
    ['      insecure: hunter2hunter2', /insecure: is neither true nor false$/],
    ['      compute_api_version: 2.9', /compute_api_version: is not text to YAML: put it in quotes$/],
    ['      compute_api_version: newest', /compute_api_version: is no version/],
    ['      api_timeout: soon', /api_timeout: is no number of seconds$/],
  ];
  for (const [line, message] of wrong) {
    const key = /\w+/.exec(line)?.[0] ?? '';
    const rest = DEMO.split('\n').filter((other) => !other.includes(` ${key}:`) && !other.includes(' password:'));
    const password = key === 'password' ? [] : ['      password: demo-password'];
    const text = [...rest.slice(0, 6), '      user_id: u', line, ...rest.slice(6, -1), ...password, ''];
    const { fail } = await openHome(t, { 'work/clouds.yaml': text.join('\n') });
    const error = await fail();
    t.match(error, { code: 'config-invalid', message }, line);
    t.notMatch(`${error.message} ${error.hint}`, /hunter2/, `no secret: ${line}`);
  }
});
