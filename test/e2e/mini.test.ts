import { spawn } from 'node:child_process';
import { open, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { stringify } from 'yaml';
import { VirtbsError } from '../../src/errors.js';
import { DEFAULT_ROOT } from '../../src/filenames.js';
import { readyImage } from '../../src/image/ready-image.js';
import { packageDirectory } from '../../src/package-directory.js';
import { runProgram } from '../../src/process/run-program.js';
import { streamProgram } from '../../src/process/stream-program.js';
import { writeSeedImage } from '../../src/seed/write-seed-image.js';
import { freePort } from '../free-port.js';
import { noLab } from './run-virtbs.js';

const { signal } = new AbortController();
const HOSTS = '127.0.0.1 localhost\n::1 localhost\n10.0.2.15 controller-02\n172.16.18.3 worker-03\n';
/** A command of several lines, with every kind of quote. */
const COLLECT = `for word; do\n  printf '<%s>' "$word" >>/var/ran\ndone\n`;
const ACCOUNTS = 'cat /etc/passwd /etc/group /etc/hosts .ssh/authorized_keys; sudo cat /etc/sudoers.d/*';
/** Milliseconds for a start or an end of a guest, on a machine that has much else to do. */
const LIMIT = 90_000;

async function isMissing(program: string): Promise<boolean> {
  const code = await runProgram(program, ['--version']).catch((error: unknown) => error);
  return code instanceof VirtbsError && code.code === 'program-missing';
}

async function missingProgram(): Promise<string | false> {
  if ((await isMissing('apt-get')) && (await isMissing('dnf'))) return 'neither apt-get nor dnf is installed';
  for (const program of ['qemu-system-x86_64', 'qemu-img', 'mke2fs', 'ssh-keygen']) {
    if (await isMissing(program)) return `${program} is not installed`;
  }
  return false;
}

/** The folder of the image: that of the library in a throw-away host, which has no way to packages; else a new build. */
async function readyMini(directory: string): Promise<string> {
  if (noLab === false) {
    const recipes = { mini: { mini: {} } };
    const request = { slot: 'mini', tag: 'default' };
    const { path, boot } = await readyImage(request, { recipes, root: DEFAULT_ROOT, signal, emit });
    for (const name of ['disk.qcow2', 'kernel', 'initrd'])
      await symlink(join(dirname(path), name), join(directory, name));
    await writeFile(join(directory, 'cmdline'), `${boot?.cmdline}\n`);
    return directory;
  }
  await runProgram(join(await packageDirectory(), 'images', 'mini', 'build'), [directory]);
  return directory;
}

const emit = (): void => undefined;

async function makeSeed(directory: string): Promise<string> {
  for (const name of ['user', 'host']) {
    await runProgram('ssh-keygen', [
      '-q',
      '-t',
      'ed25519',
      '-N',
      '',
      '-C',
      `virtbs ${name}`,
      '-f',
      join(directory, name),
    ]);
  }
  const [userKey, hostKey, hostPrivate] = await Promise.all(
    ['user.pub', 'host.pub', 'host'].map((name) => readFile(join(directory, name), 'utf8')),
  );
  const user = {
    name: 'stack',
    gecos: 'virtbs',
    groups: ['adm', 'lab'],
    sudo: 'ALL=(ALL) NOPASSWD:ALL',
    shell: '/bin/bash',
    lock_passwd: true,
    ssh_authorized_keys: [userKey?.trim()],
  };
  const userData = {
    hostname: 'controller-02',
    preserve_hostname: false,
    manage_etc_hosts: false,
    users: [user],
    disable_root: true,
    ssh_pwauth: false,
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: hostPrivate, ed25519_public: hostKey?.trim() },
    write_files: [
      { path: '/etc/hosts', permissions: '0644', content: HOSTS },
      {
        path: '/var/odd/file',
        permissions: '0600',
        content: `tab\t "quoted" \\n 'single' # ${'long '.repeat(30)}\n  end`,
      },
    ],
    runcmd: ['echo "a line" >>/var/ran', ['sh', '-c', COLLECT, 'sh', "it's", 'two\nwords\\n', '']],
  };
  const common = { dhcp4: false, dhcp6: false, 'accept-ra': false };
  const net0 = {
    match: { macaddress: '52:54:00:10:01:02' },
    ...common,
    addresses: ['10.0.2.15/24', 'fd00:aaaa:0:1001::2/64'],
    routes: [
      { to: '0.0.0.0/0', via: '10.0.2.2' },
      { to: '::/0', via: 'fd00:aaaa:0:1001::1' },
    ],
    nameservers: { addresses: ['10.0.2.3'] },
    mtu: 1500,
  };
  const net1 = {
    match: { macaddress: '52:54:00:10:02:02' },
    ...common,
    addresses: ['172.16.18.2/24', 'fd00:aaaa:0:1002::2/64'],
    mtu: 1400,
  };
  const seed = join(directory, 'seed.iso');
  await writeSeedImage(
    seed,
    {
      metaData: stringify({ 'instance-id': '5d1c0001', 'local-hostname': 'controller-02' }),
      userData: `#cloud-config\n${stringify(userData)}`,
      networkConfig: stringify({ version: 2, ethernets: { net0, net1 } }),
    },
    signal,
  );
  return seed;
}

/** A guest by bare qemu: two disks before the seed, a NIC with a way out, a second one without. */
async function bootGuest(directory: string, image: string, seed?: string) {
  const name = seed ? 'seeded' : 'bare';
  const [disk, log, wire] = [`${name}.qcow2`, `${name}.log`, `${name}.pcap`].map((file) => join(directory, file));
  if (!disk || !log || !wire) throw new Error('no paths');
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', join(image, 'disk.qcow2'), disk]);
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', join(directory, `${name}-data.qcow2`), '1M']);
  const port = await freePort();
  const started = performance.now();
  const child = spawn(
    'qemu-system-x86_64',
    [
      ['-machine', 'q35,accel=tcg', '-cpu', 'max', '-m', '128', '-nodefaults', '-no-user-config', '-display', 'none'],
      ['-kernel', join(image, 'kernel'), '-initrd', join(image, 'initrd')],
      ['-append', (await readFile(join(image, 'cmdline'), 'utf8')).trim()],
      ['-drive', `file=${disk},if=virtio,format=qcow2,cache=unsafe`],
      ['-drive', `file=${join(directory, `${name}-data.qcow2`)},if=virtio,format=qcow2`],
      seed ? ['-drive', `file=${seed},if=virtio,format=raw,readonly=on`] : [],
      ['-netdev', `user,id=net0,hostfwd=tcp:127.0.0.1:${port}-:22`],
      ['-device', 'virtio-net-pci,netdev=net0,mac=52:54:00:10:01:02'],
      seed ? ['-netdev', 'hubport,id=net1,hubid=1', '-device', 'virtio-net-pci,netdev=net1,mac=52:54:00:10:02:02'] : [],
      ['-object', `filter-dump,id=dump,netdev=net0,file=${wire}`],
      ['-serial', `file:${log}`, '-device', 'virtio-rng-pci', '-monitor', 'stdio'],
    ].flat(),
    { stdio: ['pipe', 'ignore', 'inherit'] },
  );
  const ended = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  const wait = async (what: string, done: (text: string) => boolean) => {
    for (const limit = performance.now() + LIMIT; performance.now() < limit; await sleep(20)) {
      const text = await readFile(log, 'latin1').catch(() => '');
      if (done(text)) return text;
      if (child.exitCode !== null || child.signalCode !== null) break;
    }
    throw new Error(`no ${what}: ${(await readFile(log, 'latin1')).slice(-1000)}`);
  };
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  const command = (text: string) => void child.stdin.write(`${text}\n`);
  return { port, disk, wire, started, wait, stop, command, ended };
}

/** Options for ssh and scp that read nobody's configuration and know one host key only. */
async function sshOptions(directory: string, port: number): Promise<readonly string[]> {
  const knownHosts = join(directory, 'known_hosts');
  const [type, key] = (await readFile(join(directory, 'host.pub'), 'utf8')).split(' ');
  await writeFile(knownHosts, `[127.0.0.1]:${port} ${type} ${key}\n`);
  const options = ['BatchMode=yes', 'IdentitiesOnly=yes', 'StrictHostKeyChecking=yes', 'ConnectTimeout=20'];
  options.push(`UserKnownHostsFile=${knownHosts}`, `Port=${port}`, `IdentityFile=${join(directory, 'user')}`);
  return ['-F', 'none', ...options.flatMap((option) => ['-o', option])];
}

const refused = async (args: readonly string[]) =>
  await runProgram('ssh', args).then(
    () => 'a login',
    (error: unknown) => String(error),
  );

t.setTimeout(10 * LIMIT);
void t.test('the mini image', { skip: await missingProgram() }, async (t) => {
  const directory = t.testdir({ image: {} });
  const image = await readyMini(join(directory, 'image'));

  await t.test('is a disk, a kernel, an initrd and a command line, and nothing else', async (t) => {
    t.strictSame((await readdir(image)).sort(), ['cmdline', 'disk.qcow2', 'initrd', 'kernel']);
    t.match(await readFile(join(image, 'cmdline'), 'utf8'), /^root=\/dev\/vda .*console=ttyS0.*panic=\d+.*\n$/);
    const { stdout } = await runProgram('qemu-img', ['info', '--output', 'json', join(image, 'disk.qcow2')]);
    t.match(JSON.parse(stdout), { format: 'qcow2', 'virtual-size': 1024 ** 3 });
    await using kernel = await open(join(image, 'kernel'));
    const { buffer } = await kernel.read({ buffer: Buffer.alloc(4) });
    t.ok(['\x7fELF', 'MZ'].some((magic) => buffer.toString('latin1').startsWith(magic)));
  });

  await t.test('a guest with a seed is what the seed says, and stays so', async (t) => {
    const guest = await bootGuest(directory, image, await makeSeed(directory));
    t.teardown(guest.stop);
    await guest.wait('ready line', (text) => text.includes('] ready'));
    const options = await sshOptions(directory, guest.port);
    const login = async (command: string) => await runProgram('ssh', [...options, 'stack@127.0.0.1', command]);
    const answer = async (command: string) => (await login(command)).stdout;
    t.strictSame(await login('true'), { stdout: '', stderr: '' });
    t.comment(`${Math.round(performance.now() - guest.started)} ms from qemu to a login`);

    t.equal(
      await answer('hostname; id -un; id -Gn | xargs -n 1 | sort | xargs; pwd; echo $SHELL'),
      'controller-02\nstack\nadm lab stack\n/home/stack\n/bin/sh',
    );
    t.strictSame(await login("sudo -n true; sudo -H -S -n -u root /bin/sh -c 'id -u'"), { stdout: '0', stderr: '' });
    t.equal(await answer('cat /etc/hosts'), HOSTS.trim());
    t.equal(
      await answer('sudo cat /var/odd/file; sudo stat -c " %a" /var/odd/file'),
      `tab\t "quoted" \\n 'single' # ${'long '.repeat(30)}\n  end 600`,
    );
    const addresses = await answer('ip -o addr');
    for (const address of ['10.0.2.15/24', '172.16.18.2/24', 'fd00:aaaa:0:1001::2/64', 'fd00:aaaa:0:1002::2/64']) {
      t.match(addresses, ` ${address} `);
    }
    t.notMatch(addresses, 'tentative');
    t.equal(await answer('cat /sys/class/net/eth0/mtu /sys/class/net/eth1/mtu'), '1500\n1400');
    t.equal(await answer('ip route | grep default'), 'default via 10.0.2.2 dev eth0 ');
    t.match(await answer('ip -6 route | grep default'), /^default via fd00:aaaa:0:1001::1 dev eth0 .*$/);
    t.equal(await answer('cat /etc/resolv.conf'), 'nameserver 10.0.2.3');
    t.match(
      await answer('getent hosts worker-03; ping -c 1 controller-02; ping6 -c 1 ::1'),
      /^172\.16\.18\.3 [^]* 0% [^]* 0%/,
    );
    t.match(await answer('lsblk'), /vda +1073741824 +0 \/ *\nvdb +1048576/);
    const announcement = Buffer.from('00010800060400015254001001020a00020f0000000000000a00020f', 'hex');
    t.ok((await readFile(guest.wire)).includes(announcement), 'its address was announced');

    t.match(await refused([...options, 'root@127.0.0.1', 'true']), /Permission denied \(publickey\)/);
    const otherKeys = 'HostKeyAlgorithms=rsa-sha2-256,ecdsa-sha2-nistp256';
    t.match(await refused([...options, '-o', otherKeys, 'stack@127.0.0.1']), /no matching host key|Connection closed/);
    t.match(
      await refused([...options, '-o', 'PubkeyAuthentication=no', 'stack@127.0.0.1']),
      /Permission denied \(publickey\)/,
    );
    // As a person's, its input is open: dropbear from 2024.84 on closes a terminal whose input ends, what it prints with it.
    const terminal = { limits: { kept: 1024, line: 1024 }, input: () => '' };
    const { stdout } = await streamProgram('ssh', [...options, '-tt', 'stack@127.0.0.1', 'tty'], terminal);
    t.match(stdout, '/dev/pts/0');
    for (const [index, protocol] of [['-O'], []].entries()) {
      const back = join(directory, `back-${index}`);
      await runProgram('scp', [...options, ...protocol, join(directory, 'host.pub'), `stack@127.0.0.1:copy-${index}`]);
      await runProgram('scp', [...options, ...protocol, `stack@127.0.0.1:copy-${index}`, back]);
      t.equal(await readFile(back, 'utf8'), await readFile(join(directory, 'host.pub'), 'utf8'));
    }

    const accounts = await answer(ACCOUNTS);
    await login('sudo reboot').catch(() => undefined);
    await guest.wait('second ready line', (text) => text.split('] ready').length === 3);
    t.equal(await answer('hostname; ls copy-0'), 'controller-02\ncopy-0');
    t.equal(await answer('cat /var/ran'), `a line\n<it's><two\nwords\\n><>`, 'commands ran once, in their order');
    t.equal(await answer('ls /run/runcmd 2>/dev/null || true'), '');
    t.equal(await answer(ACCOUNTS), accounts);
    t.equal((await answer('ip -o addr')).match(/ (10\.0\.2\.15|172\.16\.18\.2|fd00:\S+::2)\//g)?.length, 4);

    await guest.wait('shell on the console', (text) => text.split('root@controller-02').length === 3);
    await login('for i in $(seq 100); do ! pidof acpid || exit 0; sleep 0.1; done; exit 1');
    guest.command('system_powerdown');
    await Promise.race([guest.ended, sleep(LIMIT, undefined, { ref: false }).then(() => t.fail('no power-off'))]);
    await runProgram('qemu-img', ['convert', '-O', 'raw', guest.disk, join(directory, 'raw')]);
    await t.resolves(runProgram('e2fsck', ['-fn', join(directory, 'raw')]), 'the file system is clean');
  });

  await t.test('a guest without a seed asks for a lease', async (t) => {
    const guest = await bootGuest(directory, image);
    t.teardown(guest.stop);
    await guest.wait('lease', (text) => /\] dhcp eth0 10\.0\.2\.15\b/.test(text) && text.includes('] ready'));
    await guest.wait('shell on the console', (text) => text.includes('root@mini'));
  });
});
