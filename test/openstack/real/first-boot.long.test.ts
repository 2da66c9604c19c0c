import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import t from 'tap';
import { stringify } from 'yaml';
import { runProgram } from '../../../src/process/run-program.js';
import { makeRepository, REPOSITORY_LINE } from '../../e2e/make-repository.js';
import { run, runVirtbs, type Ending } from '../../e2e/run-virtbs.js';
import { listCloud, removeCopies } from './list-cloud.js';
import { guestsBoot, noCloud } from './no-cloud.js';

const root = env['VIRTBS_ROOT'];
const reason =
  noCloud ||
  (guestsBoot ? false : 'servers of this cloud do not boot') ||
  (root ? false : 'needs VIRTBS_ROOT with images mini and debian-local');
const images = root === undefined ? [] : await readdir(join(root, 'images')).catch((): string[] => []);
const noDebian =
  reason || (images.includes('debian-local') ? false : 'the image debian-local was not built: it needs apt');

/** Runs commands on slice 6, and takes it and its images down in the end; then the cloud must be as it was. */
async function onSlice(t: { teardown(work: () => Promise<unknown>): void }, directory: string) {
  const options = ['--driver', 'openstack', '--root', String(root), '-s', '6', '-E', 'openstack.upload=true'];
  const virtbs = (...args: readonly string[]): Promise<Ending> =>
    runVirtbs(directory, ...options, '-c', 'first.yaml', ...args);
  t.teardown(async () => {
    await virtbs('wipe');
    await removeCopies();
  });
  const ssh = (host: string, command: string, ...more: readonly string[]): Promise<Ending> =>
    run(directory, ['ssh', '-F', 'sshconf-bs6', ...more, host, command]);
  return { virtbs, ssh, before: await listCloud() };
}

t.test(
  'a server of the small image takes what its role gives it; one whose script fails has failed',
  { skip: reason },
  async (t) => {
    const directory = t.testdir({ 'setup.sh': '#!/bin/sh\necho "$* $(cat /etc/greeting /etc/own)" >/etc/setup\n' });
    await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'me', '-f', join(directory, 'id')]);
    const write = async (code: number): Promise<void> => {
      const plain = {
        ...{ user: 'debian', ssh_keys: ['id.pub'] },
        files: [{ path: '/etc/greeting', content: 'hello\n', mode: '0600' }],
        scripts: [{ file: 'setup.sh', arguments: ['a b'] }],
        user_data:
          '#cloud-config\nusers: [{name: ann, shell: /bin/sh}]\nwrite_files: [{path: /etc/own, permissions: 0640, content: own}]\n',
      };
      const scripts = [{ inline: `echo >&2 "no such luck"; exit ${code}` }];
      const topology = { roles: { plain: { count: 1, ...plain }, worker: 1 }, vms: { 'worker-20': { scripts } } };
      await writeFile(join(directory, 'first.yaml'), stringify({ topology }));
    };
    await write(3);
    const { virtbs, ssh, before } = await onSlice(t, directory);

    const cycled = await virtbs('cycle', '--progress=lines');
    t.equal(cycled.code, 1, cycled.stderr);
    t.match(
      cycled.stderr,
      /^plain-60: first boot: files\n[^]*^plain-60: first boot: script setup\.sh\n[^]*^plain-60: ready$/m,
    );
    t.match(
      cycled.stderr,
      /^ {2}worker-20 \(first-boot\): first boot: script inline-1 failed with exit code 3\n[^]*^ {4}\| no such luck$/m,
    );
    const mine = ['-i', 'id', '-o', 'IdentitiesOnly=yes'];
    t.match(await ssh('plain-60', 'id -un; cat /etc/setup; stat -c %a /etc/own; ls -d /home/ann', ...mine), {
      code: 0,
      stdout: 'debian\na b hello\nown\n640\n/home/ann',
    });

    await write(0);
    t.match(await virtbs('up', '--rebuild'), { code: 0, stderr: /^worker-20: first boot: script inline-1$/m });
    t.match(await virtbs('wipe'), { code: 0 });
    await removeCopies();
    t.strictSame(await listCloud(), before);
  },
);

const MESSAGE = [
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary="mine"',
  '',
  '--mine',
  'Content-Type: text/cloud-config',
  '',
  '#cloud-config',
  'runcmd: [[cp, /etc/own, /etc/ran]]',
  'users: [{name: ann, groups: adm}]',
  'write_files: [{path: /etc/own, permissions: "0640", content: own}]',
  '--mine',
  'Content-Type: text/x-shellscript',
  '',
  '#!/bin/sh',
  'echo "$(hostname) $(cat /etc/own)" >/etc/first',
  '--mine--',
  '',
].join('\n');

t.test('cloud-init of a Debian takes user data of a person beside that of the slice', { skip: noDebian }, async (t) => {
  const directory = t.testdir({ 'user-data': MESSAGE });
  await makeRepository(directory);
  const controller = {
    ...{ count: 1, memory: '512MiB', vcpu: 1, user: 'debian', user_data: 'user-data' },
    disks: { root: { size: '3GiB', image_slot: 'debian-local' } },
    files: [
      { path: '/opt/repository', source: './repository' },
      { path: '/etc/apt/sources.list', content: REPOSITORY_LINE },
    ],
    packages: ['virtbs-hello'],
    scripts: [
      { inline: 'set -e; test "$(cat /etc/first)" = "controller-02 own"; cp /usr/share/virtbs-hello /etc/hello' },
    ],
  };
  await writeFile(join(directory, 'first.yaml'), stringify({ topology: { roles: { controller } } }));
  const { virtbs, ssh, before } = await onSlice(t, directory);
  const cycled = await virtbs('--timeout', '20min', 'cycle', '--progress=lines', '-v');
  t.equal(cycled.code, 0, cycled.stderr);
  t.match(cycled.stderr, /^controller-02: cloud-init: scripts.user$/m);
  t.match(
    cycled.stderr,
    /^controller-02: first boot: files\n[^]*^controller-02: first boot: packages: virtbs-hello\n[^]*^controller-02: first boot: script inline-1$/m,
  );
  const seen = await ssh(
    'controller-02',
    'id -un; sudo -n id -u; cat /etc/hello; sudo -n cat /etc/ran; stat -c %a /etc/own; id -nG ann; getent ahostsv4 controller-02 | head -n 1 | cut -d " " -f 1; cloud-init status --long',
  );
  t.match(seen, {
    code: 0,
    stdout: /^debian\n0\nhello\nown640\nann adm\n172\.16\.97\.2\nstatus: done\n[^]*DataSource(?:ConfigDrive|OpenStack)/,
  });
  t.match(await virtbs('wipe'), { code: 0 });
  await removeCopies();
  t.strictSame(await listCloud(), before);
});
