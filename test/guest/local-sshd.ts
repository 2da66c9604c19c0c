import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { runProgram } from '../../src/process/run-program.js';
import { freePort } from '../free-port.js';

const SSHD = '/usr/sbin/sshd';

/** Why a server cannot be started here, or false. */
export const noSshd: string | false = await access(SSHD).then(
  () => false,
  () => 'needs sshd: bin/packages --install --for test',
);

/** A server as one reaches it without the file of ssh. */
export interface LocalServer {
  readonly port: number;
  readonly identityFile: string;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
}

/**
 * Starts a real ssh server on loopback, which stands for every guest of the given names. With `instead` it runs that for whatever it
 * is told, as a login shell would.
 *
 * @param sshConfig where the slice's file of ssh is written
 */
export async function startGuests(
  t: Test,
  sshConfig: string,
  { hostnames, instead }: { readonly hostnames: readonly string[]; readonly instead?: string },
): Promise<LocalServer> {
  const folder = await mkdtemp(join(tmpdir(), 'virtbs-sshd-'));
  const file = (name: string): string => join(folder, name);
  for (const name of ['host', 'login']) {
    await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', file(name)]);
  }
  // Where it separates its privileges, as root does.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const port = await freePort();
  const server = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${file('host')}`,
    `AuthorizedKeysFile ${file('login.pub')}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'MaxStartups 200:30:300',
    'MaxSessions 100',
    `Subsystem sftp internal-sftp`,
    ...(instead === undefined ? [] : [`ForceCommand ${instead}`]),
    '',
  ];
  await writeFile(file('config'), server.join('\n'));
  const child = spawn(SSHD, ['-D', '-e', '-f', file('config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  t.teardown(async () => {
    child.kill();
    await ended;
    await rm(folder, { recursive: true });
  });
  child.stderr.setEncoding('utf8');
  let said = '';
  for await (const text of child.stderr as AsyncIterable<string>) {
    said += text;
    if (said.includes('Server listening')) break;
  }
  if (!said.includes('Server listening')) throw new Error(`sshd does not start: ${said}`);
  const { stdout: publicKey } = await runProgram('ssh-keygen', ['-y', '-f', file('host')]);
  const names = hostnames.map((name) => `${name} ${publicKey}\n`);
  await writeFile(file('known_hosts'), names.join(''));
  const blocks = hostnames.map((name) =>
    [
      `Host ${name} bs1-${name}`,
      '  HostName 127.0.0.1',
      `  HostKeyAlias ${name}`,
      `  Port ${port}`,
      `  User ${userInfo().username}`,
      `  IdentityFile ${file('login')}`,
      '  IdentitiesOnly yes',
      `  UserKnownHostsFile ${file('known_hosts')}`,
      '  StrictHostKeyChecking yes',
      '',
    ].join('\n'),
  );
  await writeFile(sshConfig, blocks.join('\n'));
  await chmod(sshConfig, 0o600);
  return { port, identityFile: file('login'), hostKey: publicKey.trim() };
}
