import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { noLab, run, runVirtbs } from './run-virtbs.js';
import { bootId, changes, powers, ssh, withSlice } from './standing-slice.js';

const skip = noLab;

t.test('up adds what is missing; what stands goes on, and knows the new ones', { skip }, async (t) => {
  await withSlice(t, ['controller:1', 'plain:1'], async (directory) => {
    const before = await bootId(directory, 'controller-02');
    await ssh(directory, 'controller-02', 'touch /home/stack/mark');
    const key = (await ssh(directory, 'controller-02', 'cat /etc/dropbear/ed25519 | wc -c')).stdout;

    const dry = await runVirtbs(directory, 'up', 'roles', 'controller:2', 'worker:1', '--prune', '--dry-run');
    t.match(dry, {
      code: 0,
      stdout: /dry run: nothing was changed[^]*worker-20 .* built[^]*would remove bs1-plain-60/,
    });

    t.strictSame(await changes(t, directory, 'up', 'roles', 'controller:2', 'worker:1'), {
      'controller-02': 'kept',
      'controller-03': 'built',
      'worker-20': 'built',
      'plain-60': 'kept',
    });
    t.equal(await bootId(directory, 'controller-02'), before);
    for (const host of ['controller-03', 'worker-20', 'plain-60']) {
      t.match(await ssh(directory, host, 'hostname'), { code: 0, stdout: host, stderr: '' });
    }
    for (const [from, to] of [
      ['controller-02', 'worker-20'],
      ['plain-60', 'controller-03'],
      ['worker-20', 'plain-60'],
    ] as const) {
      const ping = await ssh(directory, from, `ping -c 1 -W 10 ${to}`);
      t.equal(ping.code, 0, `${from} reaches ${to} by name: ${ping.stdout}`);
    }
    const network = (await run(directory, ['virsh', 'net-dumpxml', 'bs1-data'])).stdout;
    t.match(network, /<host ip='172\.16\.18\.32'>\s*<hostname>worker-20</, 'names in the network');
    const saved = (await run(directory, ['virsh', 'net-dumpxml', '--inactive', 'bs1-data'])).stdout;
    t.match(saved, /<host ip='172\.16\.18\.32'>/, 'also in its definition');

    t.strictSame(await changes(t, directory, 'up', 'roles', 'controller:2', 'worker:1'), {
      'controller-02': 'kept',
      'controller-03': 'kept',
      'worker-20': 'kept',
      'plain-60': 'kept',
    });

    await runVirtbs(directory, 'stop', '--force', 'worker');
    const pruned = await runVirtbs(directory, 'up', '--prune', '--json', 'roles', 'controller:1', 'worker:1');
    t.equal(pruned.code, 0, pruned.stderr);
    t.match(JSON.parse(pruned.stdout), {
      vms: [
        { hostname: 'controller-02', change: 'kept' },
        { hostname: 'worker-20', change: 'started' },
      ],
      removed: ['bs1-controller-03', 'bs1-plain-60'],
    });
    t.equal(await bootId(directory, 'controller-02'), before);
    t.equal((await ssh(directory, 'controller-02', 'ls /home/stack')).stdout, 'mark');
    t.equal((await ssh(directory, 'controller-02', 'cat /etc/dropbear/ed25519 | wc -c')).stdout, key);
    t.not((await ssh(directory, 'controller-02', 'nslookup plain-60 172.16.17.1')).code, 0, 'its name is gone');
    t.notMatch(await readFile(join(directory, 'sshconf-bs1'), 'utf8'), /plain-60/);
    t.strictSame(
      (await readdir('/srv/virtbs/slices/1/disks')).filter((name) => name.startsWith('plain')),
      [],
      'and so are its disks',
    );
  });
});

t.test('up leaves what differs, says so, and rebuilds it when asked', { skip }, async (t) => {
  await withSlice(t, ['plain:1'], async (directory) => {
    const before = await bootId(directory, 'plain');
    const more = ['-E', 'machine_matrix.roles.plain.memory=160MiB', 'up', 'roles', 'plain:1', 'pxe:1'];
    const left = await runVirtbs(directory, ...more);
    t.match(left, { code: 0, stderr: /plain-60 is left as it is: memory is 128 MiB, asked for 160 MiB \(--rebuild/ });
    t.equal(await bootId(directory, 'plain'), before);
    t.strictSame(await powers(directory), { 'plain-60': 'running', 'pxe-c0': 'running' });
    t.strictSame(await changes(t, directory, ...more, '--rebuild'), { 'plain-60': 'rebuilt', 'pxe-c0': 'kept' });
    t.not(await bootId(directory, 'plain'), before);
    t.match((await run(directory, ['virsh', 'dominfo', 'bs1-plain-60'])).stdout, /Max memory: +163840 KiB/);
  });
});

t.test('up on an empty slice builds it', { skip }, async (t) => {
  const directory = t.testdir();
  t.strictSame(await changes(t, directory, 'up', 'roles', 'plain:1'), { 'plain-60': 'built' });
  t.equal((await ssh(directory, 'plain', 'hostname')).stdout, 'plain-60');
  t.equal((await runVirtbs(directory, 'wipe')).code, 0);
});

t.test('a VM that is replaced has a new disk, and its old name, addresses and host key', { skip }, async (t) => {
  await withSlice(t, ['controller:2'], async (directory) => {
    const before = await Promise.all(['controller-02', 'controller-03'].map((host) => bootId(directory, host)));
    await ssh(directory, 'controller-03', 'touch /home/stack/mark; sync');
    t.match(await runVirtbs(directory, 'replace', 'controller-03', '--dry-run'), {
      code: 0,
      stdout: /nothing was changed\nwould replace bs1-controller-03$/,
    });
    t.equal((await ssh(directory, 'controller-03', 'ls /home/stack')).stdout, 'mark');
    const replaced = await runVirtbs(directory, 'replace', 'controller-03');
    t.match(replaced, { code: 0, stdout: 'replaced bs1-controller-03' }, replaced.stderr);
    t.match(
      await ssh(
        directory,
        'controller-03',
        'hostname; ls /home/stack; ping -c 1 controller-02 >/dev/null && echo peer',
      ),
      {
        code: 0,
        stdout: 'controller-03\npeer',
        stderr: '',
      },
    );
    t.equal(await bootId(directory, 'controller-02'), before[0], 'the other goes on');
    t.not(await bootId(directory, 'controller-03'), before[1]);
    t.match(await runVirtbs(directory, 'replace'), { code: 2 }, 'never the whole slice by accident');
    t.match(await runVirtbs(directory, 'replace', 'controler'), { code: 2, stderr: /did you mean "controller"/ });
  });
});
