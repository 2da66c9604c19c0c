import { homedir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { loadConfiguration } from '../../src/config/load-configuration.js';
import { parseDestination } from '../../src/driver/hosts/destination.js';
import { DRIVERS } from '../../src/driver/known-drivers.js';
import { openDriver } from '../../src/driver/registry.js';
import type { SlicePlan } from '../../src/plan/plan.js';
import { userName } from '../../src/session/user-name.js';
import { PACKAGE, problemsOf } from '../config/problems-of.js';
import { noSshd } from '../guest/local-sshd.js';
import { testDriverContract } from './contract.js';

const context = { emit: () => undefined, signal: new AbortController().signal };

testDriverContract(t, 'hosts', {
  open: async (root) => await openDriver('hosts', { connect: '', root }),
  addForeignDomain: async () => undefined,
  addForeignNetwork: async () => undefined,
  removeForeign: async () => undefined,
  domainNames: async () => [],
  networkNames: async () => [],
});

/** The slice that a section makes, as it is reached. */
async function reachedPlan(t: Test, section: string, sshConfig = ''): Promise<SlicePlan> {
  const sub = { 'hosts.yaml': `driver: hosts\nslice: 7\nhosts:\n${section}\n`, config: sshConfig };
  const cwd = t.testdir({ package: PACKAGE, sub });
  const files = ['sub/hosts.yaml'];
  const { drivers } = await loadConfiguration({
    packageDirectory: 'package',
    files,
    overrides: [],
    cwd,
    drivers: DRIVERS,
  });
  await using driver = await openDriver('hosts', { connect: '', root: cwd, settings: drivers['hosts'] });
  const [state] = await driver.inspect({}, context);
  const vms = state?.vms.flatMap(({ plan }) => plan ?? []) ?? [];
  const plan = { version: 1, slice: state?.slice ?? -1, networks: [], vms } as const;
  return (await driver.reach?.(plan, context)) ?? plan;
}

t.test('an address is a host with or without user and port, and never an option of ssh', async (t) => {
  const none = { user: undefined, port: undefined };
  t.strictSame(parseDestination('web'), { host: 'web', ...none });
  t.strictSame(parseDestination('root@192.0.2.10:2222'), { host: '192.0.2.10', user: 'root', port: 2222 });
  t.strictSame(parseDestination('a.b-c@web.example.org'), { host: 'web.example.org', user: 'a.b-c', port: undefined });
  t.strictSame(parseDestination('2001:db8::5'), { host: '2001:db8::5', ...none });
  t.strictSame(parseDestination('u@[2001:db8::5]:22'), { host: '2001:db8::5', user: 'u', port: 22 });
  for (const text of [
    '',
    '-oProxyCommand=x',
    'root@-x',
    'web:0',
    'web:65536',
    'web:',
    '@web',
    'a b',
    'web;x',
    'ssh://web',
    '-x@web',
    'web\n',
    '[web]:22',
  ]) {
    t.equal(parseDestination(text), undefined, JSON.stringify(text));
  }
});

t.test('machines of the configuration are a slice, reached as their section says', async (t) => {
  const plan = await reachedPlan(
    t,
    `  host_keys: strict
  machines:
    web: { address: 'root@192.0.2.10:2222', role: web, labels: { ZONE: a }, identity_file: id }
    db: { address: db.example.org, identity_file: ~/.ssh/id, host_keys: accept-new }
    plain: '2001:db8::5'
    me: { local: true, role: builder, address: 192.0.2.1 }`,
  );
  t.match(plan, {
    slice: 7,
    networks: [],
    vms: [
      {
        hostname: 'web',
        domain: 'bs7-web',
        role: 'web',
        offset: 2,
        labels: { ZONE: 'a' },
        accessAddress: '192.0.2.10',
      },
      { hostname: 'db', role: 'host', accessAddress: 'db.example.org' },
      { hostname: 'plain', accessAddress: '2001:db8::5' },
      { hostname: 'me', role: 'builder', accessAddress: '192.0.2.1' },
    ],
    access: {
      jump: null,
      users: { web: 'root', db: userName(), plain: userName(), me: userName() },
      logins: {
        web: {
          local: false,
          options: {
            Port: '2222',
            IdentityFile: [/\/sub\/id$/],
            IdentitiesOnly: 'yes',
            StrictHostKeyChecking: 'yes',
            ForwardAgent: 'no',
          },
        },
        db: {
          options: { IdentityFile: [join(homedir(), '.ssh/id')], StrictHostKeyChecking: 'accept-new' },
          knownHosts: ['~/.ssh/known_hosts', '~/.ssh/known_hosts2'],
        },
        plain: { local: false, options: { StrictHostKeyChecking: 'yes' } },
        me: { local: true },
      },
    },
  });
  t.equal(plan.access?.logins?.['plain']?.options['Port'], undefined, 'what nobody says is left to ssh');
  t.equal(plan.access?.logins?.['plain']?.options['IdentityFile'], undefined);
});

t.test("a user's own ssh configuration says how a destination is reached", { skip: noSshd }, async (t) => {
  const section = '  machines: { db: { address: db, ssh_config: config } }';
  const plan = await reachedPlan(
    t,
    section,
    `Host db
  HostName 192.0.2.20
  User dba
  Port 2022
  IdentityFile /keys/one
  IdentityFile "/keys/two words"
  UserKnownHostsFile /keys/known_hosts
  ProxyJump first,admin@gate:2200
  StrictHostKeyChecking no
`,
  );
  t.match(plan, {
    vms: [{ hostname: 'db', accessAddress: '192.0.2.20' }],
    access: {
      users: { db: 'dba' },
      logins: {
        db: {
          options: {
            Port: '2022',
            IdentityFile: ['/keys/one', '/keys/two words'],
            ProxyCommand: /^ssh -F \S+\/sub\/config -J first -W '\[%h\]:%p' ssh:\/\/admin@gate:2200$/,
            StrictHostKeyChecking: 'accept-new',
          },
          knownHosts: ['/keys/known_hosts'],
        },
      },
    },
  });
  await t.rejects(reachedPlan(t, section, 'Host db\n  NoSuchOption yes\n'), {
    code: 'config-invalid',
    message: /sub\/config: ssh cannot use it for db/,
    hint: /^see what ssh says: ssh -G -F .*\/sub\/config db$/,
  });
});

t.test('what is wrong with machines is told with its place, all at once', async (t) => {
  const cwd = t.testdir({
    package: PACKAGE,
    'wrong.yaml': `driver: hosts
hosts:
  slise: 1
  host_keys: none
  machines:
    Web: root@192.0.2.1
    one: '-oProxyCommand=x'
    two: { adress: web }
    three: { local: true, identity_file: id, address: 'root@192.0.2.3' }
    four: { local: true }
    five: {}
    all: 192.0.2.4
    six: { address: 192.0.2.5, role: seven }
    seven: { address: 192.0.2.5, role: here }
    bs1-one: { address: 192.0.2.8, role: a_b }
    eight: { address: 192.0.2.9, role: a-b }
`,
    'twice.yaml': 'hosts: { machines: { web: 192.0.2.1, web: 192.0.2.2 } }\n',
    'none.yaml': 'driver: hosts\n',
    'good.yaml': 'driver: hosts\nhosts: { machines: { web: { address: 192.0.2.1, role: web } } }\n',
  });
  const problems = await problemsOf({ cwd, files: ['wrong.yaml'] });
  for (const line of [
    /^wrong\.yaml:3:3: .*unrecognized key "slise"/m,
    /^wrong\.yaml:4:14: .*"none" is not one of accept-new, strict/m,
    /^wrong\.yaml:6:5: .*"Web" is not a VM name/m,
    /^wrong\.yaml:7:10: .*is not an address for ssh/m,
    /^wrong\.yaml:8:12: .*unrecognized key "adress", did you mean "address"/m,
    /^wrong\.yaml:9:42: .*"identity_file" is for ssh, and this machine is used without it/m,
    /^wrong\.yaml:9:55: .*give its bare name or address/m,
    /^wrong\.yaml:10:20: .*three is this machine already/m,
    /^wrong\.yaml:11:5: .*no "address": say how ssh reaches it, or "local: true" for this machine/m,
    /^wrong\.yaml:12:5: .*"all" means something else/m,
    /^wrong\.yaml:14:5: .*"seven" is the role of six/m,
    /^wrong\.yaml:14:23: .*six has this address, too/m,
    /^wrong\.yaml:14:40: .*"here" means something else/m,
    /^wrong\.yaml:15:5: .*"bs1-one" is the long name of one/m,
    /^wrong\.yaml:16:40: .*"a-b" and the role "a_b" of bs1-one by one name/m,
  ]) {
    t.match(problems, line);
  }
  t.match(await problemsOf({ cwd, files: ['twice.yaml'] }), /^twice\.yaml:1:\d+: .*web/);
  t.match(await problemsOf({ cwd, files: ['none.yaml'] }), /^none\.yaml:1:9: .*no machines/);
  t.equal(await problemsOf({ cwd, files: ['good.yaml'] }), '', 'a machine may have the name of its own role');
});
