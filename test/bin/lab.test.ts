import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { labObstacle } from './lab-obstacle.js';
import { findProcess, pidNamespace, processesIn } from './lab-processes.js';
import { runScript, startScript } from './run-script.js';

const lab = join(await packageDirectory(), 'bin/lab');
const skip = await labObstacle();
// These tests can be in a lab themselves; what they start must not take that for its own.
const env = { VIRTBS_LAB: undefined };
const network = (name: string): string =>
  `<network><name>${name}</name><bridge name='${name}'/><ip address='172.31.255.1' netmask='255.255.255.0'/></network>`;

/** How long a process sleeps that is looked for by its words, which no other run of this test has. */
const sleepTime = (whole: number): string => `${whole}.${process.pid}`;

/** Defines and starts a network, makes a file and a process, says `ready`, and lives until its input ends. */
function occupy(name: string, seconds: string): readonly string[] {
  const commands = [
    'set -e',
    `virsh -q -c qemu:///system net-define /dev/stdin <<<"${network(name)}"`,
    `virsh -q -c qemu:///system net-start ${name}`,
    `touch /srv/virtbs/${name}`,
    `sleep ${seconds} & ls /sys/class/net`,
    `virsh -q -c qemu:///system net-list --all --name`,
    'echo ready; cat',
  ];
  return ['bash', '-c', commands.join('\n')];
}

t.test('what is made in a lab is real there, not seen outside, and gone with it', { skip }, async (t) => {
  const root = t.testdir();
  const script = startScript(lab, occupy('labtest0', sleepTime(98701)), { env: { ...env, VIRTBS_LAB_ROOT: root } });
  await script.says('ready');
  t.notOk(existsSync('/sys/class/net/labtest0'), 'no bridge outside');
  t.notOk(existsSync('/srv/virtbs/labtest0'), 'no file outside');
  t.notOk(existsSync('/etc/libvirt/qemu/networks/labtest0.xml'), 'no network outside');
  t.ok(await findProcess(['sleep', sleepTime(98701)]), 'its processes run');
  script.process.stdin?.end();
  const { status, stdout } = await script.result;
  t.equal(status, 0);
  t.strictSame(stdout.trim().split(/\s+/), ['labtest0', 'lo', 'labtest0', 'ready'], 'a bridge and a network inside');
  t.notOk(await findProcess(['sleep', sleepTime(98701)]), 'no process is left');
  t.strictSame(await readdir(root), [], 'nothing is left under the root');
});

t.test('virtbs lab runs a command in a lab; --where names the folder of its images', { skip }, async (t) => {
  const virtbs = join(await packageDirectory(), 'bin/virtbs');
  const root = t.testdir();
  const inLab = { ...env, VIRTBS_LAB_ROOT: root };
  const where = await runScript(virtbs, ['lab', '--where'], { env: inLab });
  t.match(where, { status: 0, stdout: `${root}\n`, stderr: '' });
  const command = ['lab', '--', 'sh', '-c', 'echo "lab $VIRTBS_LAB"; exit 7'];
  t.match(await runScript(virtbs, command, { env: inLab }), { status: 7, stdout: 'lab 1\n', stderr: '' });
});

t.test('an installed copy keeps what outlives a lab in the home folder, and is not written to', async (t) => {
  const directory = t.testdir({ home: {} });
  await cp(lab, join(directory, 'virtbs/bin/lab'));
  const home = { HOME: join(directory, 'home'), XDG_CACHE_HOME: undefined, VIRTBS_LAB_ROOT: undefined };
  const { stdout } = await runScript(join(directory, 'virtbs/bin/lab'), ['--where'], { env: home });
  t.equal(stdout, `${join(directory, 'home/.cache/virtbs/lab/srv')}\n`);
});

t.test('a lab starts without the networks and domains of the machine', { skip }, async (t) => {
  const script =
    'virsh -q -c qemu:///system net-list --all && virsh -q -c qemu:///system list --all && ls /sys/class/net';
  const { stdout } = await runScript(lab, ['sh', '-c', script], { env });
  t.strictSame(stdout.trim().split(/\s+/), ['lo']);
});

t.test('two labs at once have the same bridge, network and addresses without meeting', { skip }, async (t) => {
  const labs = [sleepTime(98702), sleepTime(98703)].map((seconds) =>
    startScript(lab, occupy('labtest0', seconds), { env }),
  );
  await Promise.all(labs.map((script) => script.says('ready')));
  for (const script of labs) script.process.stdin?.end();
  for (const { status } of await Promise.all(labs.map((script) => script.result))) t.equal(status, 0);
});

t.test('the caller that sudo names stays the caller, whoever had called sudo before', { skip }, async (t) => {
  const file = join(t.testdir({ environment: 'SUDO_UID=0\0WORD=kept\0' }), 'environment');
  const show = ['--environment', file, 'sh', '-c', 'echo "$SUDO_UID $WORD"'];
  t.match(await runScript(lab, show, { env: { ...env, SUDO_UID: '1000' } }), { status: 0, stdout: '1000 kept\n' });
});

t.test(
  "dnsmasq can read what libvirt tells it, whatever the caller's umask, which the command keeps",
  { skip },
  async (t) => {
    const xml = network('labtest1').replace(
      '<ip',
      "<dns><host ip='172.31.255.7'><hostname>seven</hostname></host></dns><ip",
    );
    const commands = [
      `virsh -q -c qemu:///system net-define /dev/stdin <<<"${xml}" >&2`,
      'virsh -q -c qemu:///system net-start labtest1 >&2',
      'stat -c %a /var/lib/libvirt/dnsmasq /var/lib/libvirt/dnsmasq/labtest1.addnhosts; umask',
    ];
    const words = ['-c', 'umask 077; exec "$@"', 'sh', lab, 'bash', '-c', commands.join('\n')];
    const { stdout, stderr } = await runScript('/bin/sh', words, { env });
    t.equal(stdout, '755\n644\n0077\n', stderr);
  },
);

t.test("the exit status is the command's", { skip }, async (t) => {
  t.match(await runScript(lab, ['sh', '-c', 'echo said; exit 7'], { env }), {
    status: 7,
    stdout: 'said\n',
    stderr: '',
  });
  t.match(await runScript(lab, ['sh', '-c', 'kill -KILL $$'], { env }), { status: 137, stderr: '' });
  t.match(await runScript(lab, ['no-such-command'], { env }), { status: 127 });
});

t.test('a signal reaches the command, which decides how to end', { skip }, async (t) => {
  for (const signal of ['TERM', 'HUP', 'INT'] as const) {
    const command = [
      'bash',
      '-c',
      `trap 'echo ${signal}; exit 9' ${signal}; echo up; sleep ${sleepTime(98704)} & wait`,
    ];
    const script = startScript(lab, command, { env });
    await script.says('up');
    script.process.kill(`SIG${signal}`);
    t.match(await script.result, { status: 9, stdout: `up\n${signal}\n` });
  }
});

t.test('a signal that comes while the lab is made ends it', { skip }, async (t) => {
  for (const milliseconds of [15, 40, 80]) {
    const script = startScript(lab, ['sleep', sleepTime(98705)], { env });
    await delay(milliseconds);
    script.process.kill('SIGTERM');
    const { status, signal } = await script.result;
    t.ok(status === 143 || signal === 'SIGTERM' || status === 137, `after ${milliseconds} ms`);
  }
  t.notOk(await findProcess(['sleep', sleepTime(98705)]));
});

t.test(
  'a Ctrl-C on the terminal reaches the command once',
  { skip: skip || !existsSync('/usr/bin/script') },
  async (t) => {
    const inner = `trap 'echo got; got=1' INT; echo up; until [ \\$got ]; do sleep 0.1; done; sleep 0.3; exit 8`;
    const script = startScript('script', ['-qec', `exec ${lab} bash -c "${inner}"`, '/dev/null'], { env });
    await script.says('up');
    script.process.stdin?.write('\x03');
    await script.says('got');
    const { status, stdout } = await script.result;
    t.equal(status, 8);
    t.equal(stdout.split('got').length, 2);
  },
);

t.test('nothing of a lab survives a kill -9 of its outer process', { skip }, async (t) => {
  // It outlives its input, which ends with the outer process.
  const script = startScript(lab, ['bash', '-c', `${occupy('labtest0', sleepTime(98706)).at(-1) ?? ''}; wait`], {
    env,
  });
  await script.says('ready');
  const pid = await findProcess(['sleep', sleepTime(98706)]);
  const namespace = await pidNamespace(pid ?? '');
  if (namespace === undefined) throw new Error('the process of the lab is not seen');
  t.ok((await processesIn(namespace)).length > 4, 'the lab has processes');
  script.process.kill('SIGKILL');
  await once(script.process, 'exit');
  for (let left = 500; left > 0 && (await processesIn(namespace)).length > 0; left--) await delay(10);
  t.strictSame(await processesIn(namespace), []);
});

t.test('cached images are seen inside, and what is written over them is not kept', { skip }, async (t) => {
  const root = join(t.testdir(), 'a root: with, odd letters');
  await mkdir(join(root, 'images'), { recursive: true });
  await writeFile(join(root, 'images/disk'), 'cached');
  const command = [
    'sh',
    '-c',
    'cat /srv/virtbs/images/disk; echo new >/srv/virtbs/images/disk; cat /srv/virtbs/images/disk',
  ];
  t.match(await runScript(lab, command, { env: { ...env, VIRTBS_LAB_ROOT: root } }), { stdout: 'cachednew\n' });
  t.equal(await readFile(join(root, 'images/disk'), 'utf8'), 'cached');
});

t.test('the working directory, the environment and a link to the script with spaces are fine', { skip }, async (t) => {
  const directory = join(t.testdir(), 'a folder');
  await mkdir(directory);
  await symlink(lab, join(directory, 'my lab'));
  const options = { cwd: directory, env: { ...env, SOME_WORDS: 'a b' } };
  const { stdout } = await runScript(
    './my lab',
    ['sh', '-c', 'pwd; echo "$PATH"; echo "$SOME_WORDS $VIRTBS_LAB"'],
    options,
  );
  // Root's programs come last: users of Debian have not got them in their PATH.
  t.equal(stdout, `${directory}\n/run/virtbs-lab/bin:${process.env['PATH'] ?? ''}:/usr/sbin:/sbin\na b 1\n`);
});

t.test('virtbs is found in a lab, and is the one of this copy', { skip }, async (t) => {
  const { stdout } = await runScript(lab, ['sh', '-c', 'readlink -f "$(command -v virtbs)"; virtbs --version'], {
    env,
  });
  const virtbs = join(await packageDirectory(), 'bin/virtbs');
  const version = (await runScript(virtbs, ['--version'])).stdout;
  t.equal(stdout, `${virtbs}\n${version}`);
});

t.test('a signal for a command that has just ended is not worth a word', async (t) => {
  const [tellChild = ''] = /^tell_child\(\) \{\n[^]*?^\}/m.exec(await readFile(lab, 'utf8')) ?? [];
  const ended = `own_words='bin/lab '; sh -c : & wait $!; tell_child TERM; echo "signalled $signalled"`;
  // Without its own files: bash reads them where its input is a socket, as it is here.
  t.match(await runScript('bash', ['--norc', '-euc', `${tellChild}\n${ended}`]), {
    status: 0,
    stdout: 'signalled 1\n',
    stderr: '',
  });
});

t.test('a lab within a lab just runs the command', async (t) => {
  t.match(await runScript(lab, ['sh', '-c', 'echo $$; exit 6'], { env: { VIRTBS_LAB: '1' } }), { status: 6 });
});

t.test(
  'a lab with a way out reaches what this host reaches, but not what it serves to itself alone',
  { skip },
  async (t) => {
    // A host of its own, whose only other machine is an address of its own, so that nothing leaves this machine.
    const serve = `require('http').createServer((_, answer) => answer.end('served\\n')).listen(8080, '0.0.0.0', () => console.log('listening'))`;
    const ask = `const { get } = require('http'); const one = (host) => new Promise((done) => get({ host, port: 8080, timeout: 3000 }, (answer) =>
    answer.on('data', (text) => done(host + ' ' + String(text).trim()))).on('error', () => done(host + ' none')).on('timeout', () => done(host + ' none')));
    Promise.all(['192.0.2.1', '10.0.2.2'].map(one)).then((all) => { console.log(all.join('\\n')); process.exit(); });`;
    const commands = [
      'set -e',
      'ip link set lo up; ip link add out type veth peer name far; ip link set far up; ip link set out up; ip address add 192.0.2.1/24 dev out; ip route add default dev out',
      'exec 3< <(exec node -e "$SERVE"); server=$!; read -r _ <&3',
      '"$LAB" --internet node -e "$ASK"',
      '"$LAB" node -e "$ASK"',
      'kill $server',
    ];
    const result = await runScript('unshare', ['--net', '--mount', 'bash', '-c', commands.join('\n')], {
      env: { ...env, VIRTBS_LAB_ROOT: t.testdir(), LAB: lab, SERVE: serve, ASK: ask },
    });
    t.match(result, {
      status: 0,
      stdout: '192.0.2.1 served\n10.0.2.2 none\n192.0.2.1 none\n10.0.2.2 none\n',
    });
  },
);
