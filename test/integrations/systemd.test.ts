import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { PASSWORD_CREDENTIAL } from '../../src/ci/gerrit/read-password.js';
import { packageDirectory } from '../../src/package-directory.js';
import { run } from '../e2e/run-virtbs.js';
import { runLine } from '../cli/run-line.js';

const home = await packageDirectory();
const VIRTBS = join(home, 'bin/virtbs');
const UNIT = await readFile(join(home, 'integrations/systemd/virtbs-ci.service'), 'utf8');
const noSystemd = (await run('/', ['sh', '-c', 'command -v systemd-analyze'])).code === 0 ? false : 'needs systemd';

/** The values of a key of the unit. */
function valuesOf(key: string): readonly string[] {
  return UNIT.split('\n').flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []));
}

t.test('the unit calls virtbs as the command line wants it, and names the credential that virtbs reads', async (t) => {
  const [program, ...words] = (valuesOf('ExecStart')[0] ?? '').split(' ');
  t.equal(program, 'virtbs');
  const directory = t.testdir({ 'virtbs.yaml': 'ci: {jobs: {v: {run: "true"}}}\n' });
  const ended = await runLine(['--root', 'root', ...words, '--once'], { cwd: directory });
  t.match(ended, { code: 0, stderr: '' });
  t.strictSame(valuesOf('LoadCredential'), [PASSWORD_CREDENTIAL]);
});

t.test('systemd finds no mistake in the unit', { skip: noSystemd }, async (t) => {
  const directory = t.testdir({});
  const path = join(directory, 'virtbs-ci.service');
  // Where virtbs is not installed, there is no such program.
  await writeFile(path, UNIT.replace('ExecStart=virtbs ', `ExecStart=${VIRTBS} `).replace(/^Documentation=.*\n/m, ''));
  const { code, stdout, stderr } = await run(directory, ['systemd-analyze', 'verify', path]);
  // It reads other units of this machine, too.
  const ours = `${stdout}\n${stderr}`.split('\n').filter((line) => line.includes('virtbs'));
  t.strictSame([code, ours], [0, []]);
});

t.test('SIGTERM, by which systemd ends it, is a clean end', async (t) => {
  const directory = t.testdir({ 'virtbs.yaml': 'ci: {jobs: {v: {run: "true"}}}\n' });
  const words = [VIRTBS, '--root', 'root', 'ci', 'watch', '--events=-'];
  const child = spawn(process.execPath, words, { cwd: directory, stdio: ['pipe', 'ignore', 'pipe'] });
  t.teardown(() => child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  const begun = join(directory, 'root/ci/logs/index.html');
  while ((await access(begun).catch(() => 'missing')) === 'missing' && child.exitCode === null) await setTimeout(20);
  child.kill('SIGTERM');
  t.strictSame(await ended, [0, null]);
});
