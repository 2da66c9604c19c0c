import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import t from 'tap';
import { stringify } from 'yaml';
import { noAnsible } from '../output/ansible-view.js';
import { makeRepository, REPOSITORY_LINE } from './make-repository.js';
import { noLab, run, runVirtbs } from './run-virtbs.js';

// It is made outside, from packages: a lab has no way to a mirror.
const isMade = (await readdir('/srv/virtbs/images/debian-local').catch(() => [])).length > 0;
const noImage = isMade ? false : 'the image debian-local was not built: it needs apt';

/** A layer that clones controllers from an image which a Debian that runs has customized. */
const LAYER = 'debian-custom';

/** The packages come from a folder in the image itself: there is no way out of a lab. */
async function writeConfiguration(directory: string): Promise<void> {
  const image_customize = {
    base: 'debian-local',
    internet_access: false,
    files: [
      { path: '/opt/repository', source: './repository' },
      { path: '/etc/apt/sources.list', content: REPOSITORY_LINE },
    ],
    packages: ['virtbs-hello'],
    scripts: [
      { inline: 'cp /usr/share/virtbs-hello /etc/hello; echo "says $(cat /etc/hello) to $*"', arguments: ['a b'] },
    ],
  };
  const controller = {
    memory: '512MiB',
    vcpu: 2,
    disks: { root: { size: '5GiB', image_slot: LAYER } },
    user: 'debian',
    user_data: 'first.sh',
    share: { '/src': './src', '/srv/docs': { source: './src', read_only: true } },
    packages: ['virtbs-hello'],
    scripts: [
      {
        inline:
          'set -e; test "$(cat /etc/first)" = "first on controller-02"; dpkg -s virtbs-hello; cp /src/one /etc/shared',
      },
    ],
  };
  const configuration = { image_flow: { [LAYER]: { image_customize } }, machine_matrix: { [LAYER]: { controller } } };
  await writeFile(join(directory, 'first.sh'), '#!/bin/sh\necho "first on $(hostname)" >/etc/first\n');
  await mkdir(join(directory, 'src'));
  await writeFile(join(directory, 'src', 'one'), 'shared\n');
  await writeFile(join(directory, 'images.yaml'), stringify(configuration, { version: '1.1' }));
}

t.test('a Debian from packages customizes itself, and a VM of it is whole', { skip: noLab || noImage }, async (t) => {
  const directory = t.testdir();
  await makeRepository(directory);
  await writeConfiguration(directory);
  const virtbs = async (...args: readonly string[]) => await runVirtbs(directory, '-c', 'images.yaml', ...args);
  const built = await virtbs('-v', 'image', 'build', LAYER);
  t.equal(built.code, 0, built.stderr);
  t.match(built.stderr, /^image debian-custom: Setting up virtbs-hello \(1\)/m);
  t.match(built.stderr, /^image debian-custom: says hello to a b$/m);

  const cycled = await virtbs('cycle', `roles,${LAYER}`, 'controller:1');
  t.equal(cycled.code, 0, cycled.stderr);
  t.match(
    cycled.stderr,
    /^controller-02: first boot: share \/src, \/srv\/docs\ncontroller-02: first boot: packages: virtbs-hello\ncontroller-02: first boot: script/m,
  );
  const { stdout: planned } = await virtbs('plan', `roles,${LAYER}`, 'controller:1', '--json');
  const plan: unknown = JSON.parse(planned);
  const ssh = async (command: string): Promise<string> => {
    const { code, stdout, stderr } = await run(directory, ['ssh', '-F', 'sshconf-bs1', 'controller-02', command]);
    t.equal(code, 0, stderr);
    return stdout;
  };
  t.equal(
    await ssh('cat /etc/hello; hostname; sudo -n id -u; locale | head -n 1'),
    'hello\ncontroller-02\n0\nLANG=C.UTF-8',
  );
  t.equal(await ssh('id -un; cat /etc/first'), 'debian\nfirst on controller-02', 'user data beside that of the slice');
  t.match(await ssh('cloud-init status --long'), /^status: done\n[^]*DataSourceNoCloud/);
  t.equal(await ssh('systemctl --failed --plain --no-legend'), '', 'no unit has failed');
  t.match(plan, { vms: [{ interfaces: [{ ipv4: '172.16.17.2' }, { ipv4: '172.16.18.2' }] }] });
  const addresses = await ssh('ip -o addr');
  for (const address of ['172.16.17.2/24', 'fd00:aaaa:0:1001::2/64', '172.16.18.2/24', 'fd00:aaaa:0:1002::2/64']) {
    t.match(addresses, ` ${address} `);
  }
  t.equal(
    await ssh('ip route show default | cut -d " " -f 1-3; ip -6 route show default | cut -d " " -f 1-3'),
    ['default via 172.16.17.1', 'default via fd00:aaaa:0:1001::1'].join('\n'),
  );
  t.equal(await ssh('getent ahostsv4 controller-02 | head -n 1 | cut -d " " -f 1'), '172.16.17.2');
  t.ok(Number(await ssh('df --output=size -m / | tail -n 1')) > 4500, 'the file system fills the disk');
  t.match(await ssh('cat /etc/machine-id'), /^[\da-f]{32}$/);
  t.equal(await ssh('sudo sh -c "ls /etc/ssh/ssh_host_*_key"'), '/etc/ssh/ssh_host_ed25519_key');
  const ping = ['virsh', 'qemu-agent-command', 'bs1-controller-02', '{"execute":"guest-ping"}'];
  t.match(await run(directory, ping), { code: 0, stdout: /"return":\s*\{\}/ });
  t.comment(await ssh('systemd-analyze time'));
  await t.test('it sees folders of this machine, and again when it mounts all that it should', async (t) => {
    const mounted = `awk '$2 == "/src" || $2 == "/srv/docs" { print $3, substr($4, 1, 2) }' /proc/mounts`;
    t.equal(await ssh(`cat /etc/shared; ${mounted}`), 'shared\nvirtiofs rw\nvirtiofs ro');
    t.match(
      await ssh('echo two | sudo tee /src/two; sudo touch /srv/docs/no 2>&1 || :'),
      /^two\n.*Read-only file system$/,
    );
    t.equal(await readFile(join(directory, 'src', 'two'), 'utf8'), 'two\n');
    await ssh('sudo umount /src /srv/docs; sudo mount -a');
    t.equal(await ssh(mounted), 'virtiofs rw\nvirtiofs ro');
    if (env['VIRTBS_TEST_LONG'] !== undefined) {
      t.match(await virtbs('reboot', '--wait', 'controller-02'), { code: 0 });
      t.equal(
        await ssh(`${mounted}; cat /srv/docs/two; systemctl --failed --plain --no-legend`),
        'virtiofs rw\nvirtiofs ro\ntwo',
      );
    }
  });
  await t.test('Ansible has its modules run there', { skip: noAnsible }, async (t) => {
    const pong = await run(directory, ['ansible', '-i', 'hosts-bs1', 'virtbs', '-m', 'ping', '-o']);
    t.equal(pong.code, 0, pong.stdout + pong.stderr);
    t.match(pong.stdout, /^controller-02 \| SUCCESS.*"ping": "pong"/);
  });
  t.equal((await virtbs('wipe')).code, 0);
});
