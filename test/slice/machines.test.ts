import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Ending } from '../e2e/run-virtbs.js';
import { runLine } from '../cli/run-line.js';
import { noSshd, startGuests, type LocalServer } from '../guest/local-sshd.js';
import { run } from '../e2e/run-virtbs.js';

const skip = noSshd;

interface Bench {
  readonly directory: string;
  readonly server: LocalServer;
  /** Runs a command line on slice 6, whose machines are in hosts.yaml. */
  readonly virtbs: (...args: readonly string[]) => Promise<Ending>;
  /** Writes hosts.yaml with this content of its section. */
  readonly configure: (section: string) => Promise<void>;
}

/** A server on loopback, and a folder to work in. */
async function setUp(t: Test): Promise<Bench> {
  const directory = t.testdir({ root: {} });
  const server = await startGuests(t, join(directory, 'other-sshconf'), { hostnames: ['web'] });
  const call = ['--root', join(directory, 'root'), '-c', 'hosts.yaml', '-s', '6'];
  return {
    directory,
    server,
    virtbs: async (...args) => await runLine([...call, ...args], { cwd: directory }),
    configure: async (section) =>
      await writeFile(join(directory, 'hosts.yaml'), `driver: hosts\nslice: 6\nhosts:\n${section}\n`),
  };
}

/** The section for a machine that is this one behind ssh, and this one without it. */
function two({ port, identityFile }: LocalServer, keys = ''): string {
  return `${keys}  machines:
    web: { address: '127.0.0.1:${port}', role: front, labels: { ZONE: a }, identity_file: ${identityFile} }
    me: { local: true, role: builder }`;
}

const FILES = ['env-bs6.sh', 'etc-hosts-bs6', 'hosts-bs6', 'hosts-bs6.yaml', 'known_hosts-bs6', 'sl-hosts-bs6'];

t.test(
  'machines that exist get their files at the first look, and are worked on',
  { skip, timeout: 120_000 },
  async (t) => {
    const { directory, server, virtbs, configure } = await setUp(t);
    await configure(two(server));
    const looked = await virtbs('status', '--json');
    t.match(JSON.parse(looked.stdout), {
      slice: 6,
      vms: [
        {
          hostname: 'web',
          domain: 'bs6-web',
          role: 'front',
          power: 'running',
          accessAddress: '127.0.0.1',
          ssh: 'ready',
        },
        { hostname: 'me', role: 'builder', ssh: 'ready' },
      ],
    });
    const written = (await readdir(directory)).filter((name) => name.includes('bs6')).sort();
    t.strictSame(written, [...FILES, 'sshconf-bs6', 'state-bs6.json']);
    t.match(await readFile(join(directory, 'known_hosts-bs6'), 'utf8'), server.hostKey, 'ssh keeps a key that is new');
    const answer = await run(directory, ['ssh', '-G', '-F', 'sshconf-bs6', 'front']);
    t.match(answer.stdout, new RegExp(`^port ${server.port}$[^]*^stricthostkeychecking accept-new$`, 'm'));

    await t.test('run and ssh reach each of them, this machine without ssh', async (t) => {
      const { code, stdout } = await virtbs('run', '--json', '--', 'echo "$PWD ${SSH_CONNECTION:+by ssh}"');
      t.equal(code, 0);
      const { vms } = JSON.parse(stdout) as { vms: { hostname: string; stdout: string }[] };
      t.strictSame(
        vms.map(({ hostname, stdout: said }) => `${hostname} ${said}`),
        [`web ${homedir()} by ssh\n`, `me ${homedir()} \n`],
      );
      t.match(await virtbs('run', '-r', 'builder', '--', 'exit 7'), { code: 7 });
      t.match(await virtbs('run', '-r', 'nobody', '--', 'true'), { code: 2, stderr: /unknown VM or role/ });
      t.match(await virtbs('wait'), { code: 0, stdout: 'web is ready\nme is ready' });
      t.match(await virtbs('host', 'check'), { code: 0, stdout: /web accepts a login[^]*me accepts a login/ });
    });

    await t.test('plan, ls, inventory and graph show them', async (t) => {
      t.match(await virtbs('plan'), { code: 0, stdout: /web +front .* ssh\nme +builder .* this machine/ });
      t.match(JSON.parse((await virtbs('plan', '--json')).stdout), {
        networks: [],
        vms: [{ hostname: 'web', labels: { ZONE: 'a' } }, { hostname: 'me' }],
      });
      t.match(await virtbs('ls'), { code: 0, stdout: /6 +web +running/ });
      t.match(JSON.parse((await virtbs('inventory')).stdout), {
        _meta: {
          hostvars: {
            me: { ansible_connection: 'local' },
            web: { ansible_host: 'web', ansible_connection: undefined },
          },
        },
        front: { hosts: ['web'] },
        builder: { hosts: ['me'] },
        virtbs: { vars: { ansible_user: undefined, ansible_ssh_private_key_file: undefined } },
      });
      t.match(await virtbs('graph', '--format', 'mermaid'), { code: 0, stdout: /web/ });
    });

    await t.test('files are left alone until the configuration changes', async (t) => {
      const time = async (name: string): Promise<number> => (await stat(join(directory, name))).mtimeMs;
      const [config, keys] = [await time('sshconf-bs6'), await readFile(join(directory, 'known_hosts-bs6'), 'utf8')];
      await virtbs('status');
      t.equal(await time('sshconf-bs6'), config);
      await configure(`${two(server)}\n    db: 192.0.2.77`);
      t.match(await virtbs('plan'), { code: 0, stdout: /db +host/ });
      t.match(
        await readFile(join(directory, 'sshconf-bs6'), 'utf8'),
        /^Host db bs6-db host host\.1 db\.bs6 host\.1\.bs6$/m,
      );
      t.equal(await readFile(join(directory, 'known_hosts-bs6'), 'utf8'), keys, 'ssh alone adds to it');
      await configure(two(server));
    });

    await t.test('another slice has none of them, and says where they are', async (t) => {
      const unnamed = await runLine(['--root', join(directory, 'root'), '-c', 'hosts.yaml', 'plan'], {
        cwd: directory,
      });
      t.match(unnamed, { code: 0, stdout: /^slice 6$/m }, 'the file names the slice');
      const other = await runLine(['--root', join(directory, 'root'), '-c', 'hosts.yaml', '-s', '7', 'status'], {
        cwd: directory,
      });
      t.match(other, { code: 1, stderr: /slice 7 has no VMs\nhint: .*are slice 6/ });
    });
  },
);

t.test('files go to machines and back without a look at them before', { skip, timeout: 120_000 }, async (t) => {
  const { directory, server, virtbs, configure } = await setUp(t);
  await configure(two(server));
  const file = (name: string): string => join(directory, name);
  await mkdir(file('source'));
  await writeFile(file('source/one'), '1');
  for (const [machine, by] of [
    ['web', 'scp'],
    ['builder', 'cp'],
  ] as const) {
    const copied = await virtbs('cp', 'source', `${machine}:${file(`${by} there`)}`, '--json');
    t.match(copied, { code: 0, stdout: new RegExp(`"by": ?"${by}"`) });
    t.match(await virtbs('cp', `${machine}:${file(`${by} there/one`)}`, `${by}-back`), { code: 0 });
    t.equal(await readFile(file(`${by}-back`), 'utf8'), '1');
    t.match(await virtbs('sync', 'source', `${machine}:${file(`${by} synced/deep's`)}`), {
      code: 0,
      stdout: /copied by/,
    });
    t.equal(await readFile(file(`${by} synced/deep's/one`), 'utf8'), '1');
    t.match(await virtbs('cp', `${machine}:${file('none')}`, '.'), { code: 1, stderr: /: s?cp: .*none/ });
  }
  t.match(await virtbs('forward', '0:me:80'), { code: 2, stderr: /me is this machine\nhint: .*127\.0\.0\.1:80/ });
});

t.test(
  'host keys are checked: new ones as the user says, and another than the known one never',
  { skip, timeout: 120_000 },
  async (t) => {
    const { directory, server, virtbs, configure } = await setUp(t);
    const reason = async (): Promise<string> => {
      const { vms } = JSON.parse((await virtbs('status', 'web', '--json')).stdout) as {
        vms: { ssh: string; reason: string | null }[];
      };
      return vms.map((vm) => `${vm.ssh}: ${vm.reason ?? ''}`).join();
    };
    const known = join(directory, 'known_hosts-bs6');
    await configure(two(server, '  host_keys: strict\n'));
    t.match(await reason(), /^refused: .*Host key verification failed/s);
    t.notMatch(await readFile(known, 'utf8'), 'ssh-ed25519');
    t.match(await virtbs('host', 'check'), { code: 1, stdout: /web accepts no login/, stderr: /host-unready/ });
    await writeFile(known, `[127.0.0.1]:${server.port} ${server.hostKey}\n`, { flag: 'a' });
    t.equal(await reason(), 'ready: ', 'its owner has added the key');
    const foreign = (await readFile(known, 'utf8')).replaceAll(server.hostKey, await otherKey(directory));
    await writeFile(known, foreign);
    await configure(two(server));
    t.match(await reason(), /^refused: /);
    t.equal(await readFile(known, 'utf8'), foreign);
  },
);

t.test('whatever makes, ends or changes machines is refused in one sentence', async (t) => {
  const directory = t.testdir({
    'hosts.yaml': 'driver: hosts\nslice: 6\nhosts: { machines: { web: 127.0.0.1:9 } }\n',
  });
  const root = join(directory, 'root');
  const call = ['--root', root, '-c', 'hosts.yaml', '-s'];
  const refusal = /^error: .*: virtbs did not make these machines and leaves them as they are; do, tasks, run, ssh/;
  for (const line of [
    '6 cycle',
    '6 cycle roles plain',
    '6 cycle roles plain --dry-run',
    'auto cycle roles plain',
    '6 up roles plain',
    '6 with roles plain -- true',
    '6 wipe',
    '6 wipe --dry-run',
    '6 reap',
    '6 start',
    '6 stop',
    '6 reboot web',
    '6 replace web',
    '6 snapshot make x',
    '6 restore x',
    '6 image commit web x',
    '6 top --once',
    '6 plan roles plain',
  ]) {
    const { code, stderr } = await runLine([...call, ...line.split(' ')], { cwd: directory });
    t.match(stderr, refusal, line);
    t.match(stderr, /code: driver-unable/, line);
    t.equal(code, 1, line);
  }
  for (const line of ['6 log web', '6 console web']) {
    t.match(await runLine([...call, ...line.split(' ')], { cwd: directory }), {
      code: 1,
      stderr: /no serial console\nhint: virtbs log --task TASK/,
    });
  }
  t.strictSame(await readdir(directory), ['hosts.yaml'], 'nothing was written, not even the root');
});

async function otherKey(directory: string): Promise<string> {
  const file = join(directory, 'other');
  await run(directory, ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', file]);
  return (await readFile(`${file}.pub`, 'utf8')).trim();
}
