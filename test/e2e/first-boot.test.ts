import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { stringify } from 'yaml';
import { packageDirectory } from '../../src/package-directory.js';
import { runProgram } from '../../src/process/run-program.js';
import { noLab, run, runVirtbs } from './run-virtbs.js';

const skip = noLab;

/** What the ssh server of plain-60 says first, through a port that is forwarded and ended with Ctrl-C. */
async function bannerThrough(directory: string): Promise<string> {
  const virtbs = join(await packageDirectory(), 'bin', 'virtbs');
  const child = spawn(process.execPath, [virtbs, 'forward', '0:plain:22'], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  try {
    const line = await Promise.race([
      once(createInterface({ input: child.stdout }), 'line').then(([text]) => String(text)),
      ended.then(([code]) => `it ended with ${code}`),
    ]);
    const socket = connect(Number(/^127\.0\.0\.1:(\d+) is plain-60:22$/.exec(line)?.[1]), '127.0.0.1');
    const [banner] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return banner.toString();
  } finally {
    child.kill('SIGINT');
    await ended;
  }
}

t.test(
  'VMs have what their roles give them at the first boot, and one whose script fails has failed',
  { skip },
  async (t) => {
    const directory = t.testdir({ 'setup.sh': '#!/bin/sh\necho "$* $(cat /etc/greeting)" >/etc/setup\n' });
    await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'me', '-f', join(directory, 'id')]);
    const plain = {
      user: 'debian',
      ssh_keys: ['id.pub'],
      files: [{ path: '/etc/greeting', content: 'hello', mode: '0600' }],
      scripts: [{ file: 'setup.sh', arguments: ['a b'] }],
      user_data: '#cloud-config\nwrite_files: [{path: /etc/own, content: own}]\n',
    };
    const topology = {
      roles: { plain: { count: 1, ...plain }, worker: 1 },
      vms: { 'worker-20': { scripts: [{ inline: 'echo begun; echo >&2 "no such luck"; exit 3' }] } },
    };
    await writeFile(join(directory, 'first.yaml'), stringify({ topology }));
    const virtbs = async (...args: readonly string[]) => await runVirtbs(directory, '-c', 'first.yaml', ...args);
    t.match(await virtbs('plan'), {
      code: 0,
      stdout: /^plain-60 +user +debian\n +ssh_keys +1\n +user_data +inline\n/m,
    });

    const cycled = await virtbs('cycle', '--checkpoint=yes');
    t.equal(cycled.code, 1, cycled.stderr);
    t.match(cycled.stderr, /^plain-60: first boot: script setup\.sh\n[^]*^plain-60: ready$/m);
    t.match(
      cycled.stderr,
      /^ {2}worker-20 \(first-boot\): first boot: script inline-1 failed with exit code 3\n[^]*^ {4}\| no such luck$/m,
    );
    const ssh = async (key: string, command: string) =>
      await run(directory, [
        'ssh',
        '-F',
        'sshconf-bs1',
        '-i',
        key,
        '-o',
        'IdentitiesOnly=yes',
        'plain-60.bs1',
        command,
      ]);
    t.match(await ssh('id', 'id -un; cat /etc/setup /etc/own; stat -c %a /etc/greeting'), {
      code: 0,
      stdout: 'debian\na b hello\nown600',
    });
    t.match(await virtbs('sync', '.', 'plain:/opt/deep/tree', '--exclude', 'sshconf*'), {
      code: 0,
      stdout: /^plain-60: copied by tar in /,
    });
    t.match(await virtbs('sync', '.', 'plain:/etc/tree', '--sudo'), { code: 0 });
    t.match(await virtbs('cp', 'plain:/opt/deep/tree/first.yaml', 'copy.yaml'), { code: 0 });
    t.equal(await readFile(join(directory, 'copy.yaml'), 'utf8'), stringify({ topology }));
    t.match(await virtbs('cp', 'missing.yaml', 'plain:/tmp/'), {
      code: 1,
      stderr: /missing\.yaml cannot be read: ENOENT.*\ncode: file-unreadable/,
    });
    t.match(await virtbs('cp', 'first.yaml', 'plain:/etc/'), {
      code: 1,
      stderr: /^error: plain-60: scp: [^]*ermission/,
    });
    t.match(await bannerThrough(directory), /^SSH-2\.0-dropbear/);
    const state: unknown = JSON.parse(await readFile(join(directory, 'state-bs1.json'), 'utf8'));
    t.match(state, {
      vms: [
        { hostname: 'plain-60', user: 'debian', firstBoot: { files: ['/etc/greeting'], scripts: ['setup.sh'] } },
        { hostname: 'worker-20', firstBoot: { scripts: ['inline-1'] } },
      ],
    });
    t.notMatch(JSON.stringify(state), 'no such luck', 'texts stay out of the state');
    t.match(
      await virtbs('checkpoint', 'ls', '--json'),
      { code: 0, stdout: /"checkpoints": \[\]/ },
      'nothing bad is kept',
    );

    await runProgram('sed', ['-i', 's/exit 3/exit 0/', 'first.yaml'], { cwd: directory });
    t.match(await virtbs('up'), { code: 0, stderr: /worker-20 is left as it is: other first boot/ });
    const rebuilt = await virtbs('up', '--rebuild');
    t.match(rebuilt, { code: 0, stderr: /^worker-20: first boot: script inline-1$/m });
    t.notMatch(rebuilt.stderr, 'plain-60: first boot', 'those that stand are given nothing again');
    t.match(await virtbs('wipe'), { code: 0 });
  },
);

t.test('what is wrong is told before anything is touched', { skip }, async (t) => {
  const directory = t.testdir({ 'web.yaml': 'packages: [nginx]\n' });
  const virtbs = async (settings: string, ...args: readonly string[]) =>
    await runVirtbs(directory, '-E', `machine_matrix.roles.plain={${settings}}`, ...args, 'roles', 'plain:1');
  t.match(await virtbs('user_data: web.yaml', 'cycle', '--dry-run'), {
    code: 2,
    stderr: /is none that cloud-init knows/,
  });
  t.match(await virtbs('packages: [htop]', 'cycle'), { code: 2, stderr: /mini, has no package manager/ });
  t.match(await virtbs('scripts: [missing.sh]', 'cycle'), { code: 1, stderr: /missing\.sh cannot be read/ });
  t.match(await virtbs('scripts: [{inline: ls}]', 'cycle', '--no-wait'), { code: 2, stderr: /while it is waited for/ });
  t.match(await virtbs('scripts: [{inline: ls}], wait: none', 'plan'), { code: 2, stderr: /"wait: none"/ });
  t.match(await virtbs('user: root', 'plan'), { code: 2, stderr: /"root" is not the name of a user/ });
  t.match(await runVirtbs(directory, 'ls', '--json'), { stdout: /"slices": \[\]/ });
});
