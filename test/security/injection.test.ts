import { chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { geteuid } from 'node:process';
import t from 'tap';
import { domainXml } from '../../src/driver/libvirt/domain-xml.js';
import { parseVmMetadata } from '../../src/driver/libvirt/metadata.js';
import { networkXml, planBridges } from '../../src/driver/libvirt/network-xml.js';
import { slicePaths } from '../../src/filenames.js';
import { drawSvg } from '../../src/graph/draw-svg.js';
import { parseXml } from '../../src/libvirt/xml.js';
import { checkOutputFiles, writeOutputFiles } from '../../src/output/output-files.js';
import type { SlicePlan, VmPlan } from '../../src/plan/plan.js';
import { runProgram } from '../../src/process/run-program.js';
import { formatSession } from '../../src/session/format-session.js';
import { parseSession } from '../../src/session/parse-session.js';
import { recognizeSession } from '../../src/session/recognize-session.js';
import { showSession } from '../../src/session/show-session.js';
import { PACKAGE, problemsOf } from '../config/problems-of.js';
import { runVirtbs } from '../e2e/run-virtbs.js';
import { planOf } from '../plan/plan-of.js';

/** What ends a word, a value or a line for XML, a shell, ssh, Ansible or Jinja. */
const HOSTILE = [
  'a b',
  'a\nProxyCommand id',
  'a"b',
  "a'b",
  'a;id',
  '$(id)',
  '`id`',
  'a/../../b',
  '../a',
  '-oProxyCommand=id',
  '<a/>',
  'a&b',
  '{{a}}',
  '%h',
  'a,b',
  'a:b',
  'a=b',
  'a#b',
  'a\0b',
  'é',
  '*',
];

const LABELS = Object.fromEntries(HOSTILE.map((text) => [text, `${text} ]]> &lt; \uFFFF \u2028`]));
const JUMP = { address: 'lab.example.org', user: 'me' };
const FACTS = {
  user: 'me$(id)',
  host: 'here\nforged',
  tty: null,
  leader: { pid: 1, start: '1', boot: 'b' },
};

async function hostilePlan(): Promise<SlicePlan> {
  const plan = await planOf(1, 'controller:1', 'worker:1');
  return {
    ...plan,
    vms: plan.vms.map((vm) => ({ ...vm, labels: LABELS })),
    networks: plan.networks.map((network) => ({ ...network, labels: LABELS })),
  };
}

t.test('no name can hold what means something elsewhere', async (t) => {
  const places: Readonly<Record<string, (name: string) => object>> = {
    role: (name) => ({ machine_matrix: { x: { [name]: { memory: '64MiB' } } } }),
    layer: (name) => ({ machine_matrix: { [name]: {} } }),
    network: (name) => ({ network_flags: { [name]: { id: 7 } } }),
    bridge: (name) => ({ network_flags: { a: { id: 7 }, b: { same_bridge: name } } }),
    disk: (name) => ({ machine_matrix: { x: { r: { disks: { [name]: { size: '1GiB' } } } } } }),
    slot: (name) => ({ image_flow: { [name]: { mini: {} } } }),
    tag: (name) => ({ machine_matrix: { x: { r: { disks: { d: { image_slot: 'mini', image_tag: name } } } } } }),
    vm: (name) => ({ topology: { vms: { [name]: { role: 'r' } } } }),
    jump: (name) => ({ jump_host: { address: name } }),
    user: (name) => ({ jump_host: { user: name } }),
    package: (name) => ({ image_flow: { y: { image_customize: { base: 'mini', packages: [name] } } } }),
  };
  const allowed = new Set(['package a:b', 'package a=b', 'package a/../../b', 'jump a:b']);
  const cwd = t.testdir({ package: PACKAGE });
  for (const [place, configuration] of Object.entries(places)) {
    for (const name of HOSTILE) {
      if (allowed.has(`${place} ${name}`)) continue;
      await writeFile(join(cwd, 'one.yaml'), JSON.stringify(configuration(name)));
      t.not(await problemsOf({ cwd, files: ['one.yaml'] }), '', `${place} ${JSON.stringify(name)}`);
    }
  }
});

t.test('libvirt takes hostile labels and sessions for what they are', async (t) => {
  const directory = t.testdir();
  const plan = await hostilePlan();
  const env = Object.fromEntries(
    ['BUILD_TAG', 'JENKINS_URL', 'NODE_NAME', 'BUILD_USER_ID'].map((name, index) => [
      name,
      HOSTILE.slice(index).join('|').replaceAll('\0', ''),
    ]),
  );
  const session = recognizeSession(env, FACTS);
  t.strictSame(parseSession(formatSession(session)), session);
  t.notMatch(showSession(session), /\p{Cc}/u);
  const ownership = {
    slice: 1,
    root: '/srv/a & <b> 100%',
    created: 'now',
    session: formatSession(session),
    expires: null,
  };
  const platform = { domainType: 'test', arch: 'x86_64', machine: null, emulator: null } as const;
  const [vm] = plan.vms as [VmPlan];
  const paths = slicePaths(ownership.root, 1);
  await writeFile(
    join(directory, 'vm.xml'),
    domainXml(vm, { plan, platform, paths, ownership, image: null, kernel: null }),
  );
  const networks = planBridges(plan);
  for (const bridge of networks)
    await writeFile(join(directory, `${bridge.name}.xml`), networkXml(plan, bridge, ownership));
  // The test driver lives as long as its process.
  const lines = [
    ...networks.map(({ name }) => `net-define --validate ${directory}/${name}.xml`),
    `define --validate ${directory}/vm.xml`,
    `metadata ${vm.domain} urn:virtbs:metadata:1`,
  ];
  const { stdout } = await runProgram('virsh', ['-q', '-c', 'test:///default', lines.join('; ')]);
  const metadata = parseVmMetadata(stdout.slice(stdout.indexOf('<')));
  t.strictSame(metadata?.labels, LABELS);
  t.strictSame(metadata?.plan, vm);
  t.equal(metadata?.root, ownership.root);
  t.strictSame(parseSession(metadata?.session ?? ''), session);
  t.strictSame(Object.keys(parseXml(drawSvg({ plan, powers: new Map() })) as object), ['svg']);
});

t.test('ssh and a shell read the files of hostile folders as they were meant', async (t) => {
  for (const name of [
    'a b',
    'a;touch pwned',
    '$(touch pwned)',
    '`touch pwned`',
    '%h 100%',
    'a#b',
    'a=b,c',
    '*',
    '~root',
    '-x',
    'é 漢',
    '{{ 1 + 1 }}',
    '<a>&b',
  ]) {
    const directory = join(t.testdir(), name);
    const root = join('/srv', name);
    await mkdir(directory, { recursive: true });
    await checkOutputFiles(1, directory);
    const plan = await hostilePlan();
    const paths = slicePaths(root, 1);
    const hostKeys = new Map(
      plan.vms.map(({ hostname }) => [hostname, { privateKey: '', publicKey: 'ssh-ed25519 AAAA x' }]),
    );
    await writeOutputFiles(plan, { paths, outputDirectory: directory, hostKeys, jump: JUMP });
    for (const config of ['sshconf-bs1', 'sshconf-remote-bs1']) {
      const { stdout } = await runProgram('ssh', ['-G', '-F', join(directory, config), 'controller-02'], {
        cwd: directory,
      });
      const view = new Map(
        stdout.split('\n').map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
      );
      const plain = (key: string): string | undefined => view.get(key)?.replaceAll('%%', '%').replaceAll('"', '');
      t.equal(view.get('hostname'), '172.16.17.2', `${config} in ${name}`);
      t.equal(view.get('forwardagent'), 'no');
      t.equal(view.get('forwardx11'), 'no');
      t.equal(view.get('permitlocalcommand'), 'no');
      t.notOk(view.has('proxycommand') || view.has('localcommand') || view.has('knownhostscommand'));
      if (config !== 'sshconf-bs1') continue;
      t.equal(plain('identityfile'), paths.privateKey);
      t.equal(plain('userknownhostsfile'), join(directory, 'known_hosts-bs1'));
    }
    const script = 'set -eu; . "$1"; printf "%s\\n" "$VIRTBS_SSH_CONFIG" "$VIRTBS_PRIVATE_KEY"';
    const { stdout } = await runProgram('sh', ['-c', script, 'sh', join(directory, 'env-bs1.sh')], { cwd: directory });
    t.strictSame(stdout.trimEnd().split('\n'), [join(directory, 'sshconf-bs1'), paths.privateKey]);
    t.notOk((await readdir(directory)).includes('pwned'));
    const hosts = await readFile(join(directory, 'etc-hosts-bs1'), 'utf8');
    t.ok(hosts.split('\n').every((line) => /^(?:#.*|[\da-f.:]+(?: [a-z\d.-]+)+)?$/.test(line)));
  }
});

t.test('a folder that ssh cannot be told is refused before anything is touched', async (t) => {
  for (const name of ['a"b', "a'b", 'a\\b', 'a\nProxyCommand id', 'a${HOME}', 'a\u2028b']) {
    await t.rejects(checkOutputFiles(1, `/tmp/${name}`), { code: 'usage', message: /^--output-dir / });
  }
});

t.test('a VM named like an option is no option, and the configuration of another user is not used', async (t) => {
  const directory = t.testdir();
  const plan = await planOf(1, 'controller:1');
  const paths = slicePaths(directory, 1);
  await writeOutputFiles(plan, { paths, outputDirectory: directory, hostKeys: new Map(), jump: JUMP });
  const there = ['--root', directory, '-s', '1'];
  const option = '-oProxyCommand=touch pwned';
  for (const command of ['ssh', 'run']) {
    const { code } = await runVirtbs(directory, ...there, command, option);
    t.not(code, 0);
  }
  t.notOk((await readdir(directory)).includes('pwned'));
  if (geteuid?.() !== 0) return t.comment('a file of another user can only be made by root');
  await writeFile(join(directory, 'sshconf-bs1'), 'Host controller-02 bs1-controller-02\n  ProxyCommand touch pwned\n');
  await chown(join(directory, 'sshconf-bs1'), 65_534, 65_534);
  t.match(await runVirtbs(directory, ...there, 'ssh', 'controller'), { code: 1, stderr: /belongs to the user 65534/ });
  t.notOk((await readdir(directory)).includes('pwned'));
});
