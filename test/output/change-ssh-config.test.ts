import { chmod, lstat, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { installSshInclude, removeSshInclude } from '../../src/output/change-ssh-config.js';
import { runProgram } from '../../src/process/run-program.js';

const OWN = 'Host *\n  Port 2222\n\tUser me\n# the end, without a line break';

t.test('one line comes to the top once, ssh takes it, and it goes again without a trace', async (t) => {
  const directory = t.testdir({ config: OWN, 'a [b] c*': { 'sshconf-bs1': 'Host bs1-a\n  HostName 192.0.2.7\n' } });
  const file = join(directory, 'config');
  await chmod(file, 0o640);
  const options = { file, directory: join(directory, 'a [b] c*'), dryRun: false };
  t.match(await installSshInclude(options), { change: 'added', installed: true });
  t.match(await installSshInclude(options), { change: 'none', installed: true });
  const text = await readFile(file, 'utf8');
  t.equal(text.split('\n').length, OWN.split('\n').length + 1);
  t.match(text, /^Include ".*sshconf-bs\*" # virtbs ssh-config\n/);
  t.equal((await stat(file)).mode & 0o777, 0o640);
  const { stdout } = await runProgram('ssh', ['-G', '-F', file, 'bs1-a']);
  t.match(stdout, /^hostname 192\.0\.2\.7$/m);
  t.match(await removeSshInclude(options), { change: 'removed', installed: false });
  t.equal(await readFile(file, 'utf8'), OWN);
  t.match(await removeSshInclude(options), { change: 'none' });
});

t.test('a line that is not at the top is moved there, and lines for other folders stay', async (t) => {
  const directory = t.testdir({ config: '' });
  const file = join(directory, 'config');
  const options = { file, directory: '/srv/one', dryRun: false };
  await installSshInclude(options);
  await writeFile(file, `Host x\n${await readFile(file, 'utf8')}`);
  await installSshInclude({ ...options, directory: '/srv/two' });
  t.match(await installSshInclude(options), { change: 'added' });
  const lines = (await readFile(file, 'utf8')).split('\n');
  t.match(lines, [/"\/srv\/one\/sshconf/, /"\/srv\/two\/sshconf/, /^Host x$/, /^$/]);
  await removeSshInclude(options);
  t.match(await readFile(file, 'utf8'), /^Include "\/srv\/two\/sshconf.*\nHost x\n$/);
  await removeSshInclude({ ...options, directory: null });
  t.equal(await readFile(file, 'utf8'), 'Host x\n');
});

t.test('a file that is new is closed to others, as its folder is', async (t) => {
  const directory = t.testdir();
  const file = join(directory, '.ssh', 'config');
  await installSshInclude({ file, directory: '/srv/one', dryRun: false });
  t.equal((await stat(file)).mode & 0o777, 0o600);
  t.equal((await stat(join(directory, '.ssh'))).mode & 0o777, 0o700);
});

t.test('a link stays a link, and one that leads nowhere is told', async (t) => {
  const directory = t.testdir({ dotfiles: { ssh: OWN } });
  const file = join(directory, 'config');
  await symlink('dotfiles/ssh', file);
  t.match(await installSshInclude({ file, directory, dryRun: false }), { file: join(directory, 'dotfiles', 'ssh') });
  t.equal(await readlink(file), 'dotfiles/ssh');
  t.match(await readFile(join(directory, 'dotfiles', 'ssh'), 'utf8'), /^Include /);
  const lost = join(directory, 'lost');
  await symlink('nowhere', lost);
  await t.rejects(installSshInclude({ file: lost, directory, dryRun: false }), {
    code: 'file-unreadable',
    message: /lost/,
  });
});

t.test('a dry run says what would be, and writes nothing', async (t) => {
  const directory = t.testdir();
  const file = join(directory, 'config');
  t.match(await installSshInclude({ file, directory, dryRun: true }), { change: 'added', dryRun: true });
  await t.rejects(lstat(file), { code: 'ENOENT' });
});

t.test('a folder that ssh could not be told of is refused', async (t) => {
  for (const directory of ['/srv/100%', '/srv/"x"', '/srv/a\nb']) {
    const file = join(t.testdir(), 'config');
    await t.rejects(installSshInclude({ file, directory, dryRun: false }), { code: 'usage' }, directory);
  }
});
