import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import t from 'tap';
import { stringify } from 'yaml';
import { runProgram } from '../../../src/process/run-program.js';
import { run, runVirtbs, type Ending } from '../../e2e/run-virtbs.js';
import { listCloud, removeCopies } from './list-cloud.js';
import { guestsBoot, noCloud } from './no-cloud.js';

const root = env['VIRTBS_ROOT'];
const reason =
  noCloud ||
  (guestsBoot ? false : 'servers of this cloud do not boot') ||
  (root ? false : 'needs VIRTBS_ROOT with image mini');
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
