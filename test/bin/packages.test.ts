import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { runScript } from './run-script.js';

const packages = join(await packageDirectory(), 'bin/packages');
const ALL = ['--for', 'run,lab,mini,debian-local,virt-customize,share,test'];
const hasApt = (await runScript('sh', ['-c', 'command -v apt-get && ls /var/lib/apt/lists/*_Packages*'])).status === 0;
const skip = hasApt ? false : 'no apt with lists here';

async function words(args: readonly string[], path?: string): Promise<readonly string[]> {
  const { status, stdout, stderr } = await runScript(packages, args, path === undefined ? {} : { env: { PATH: path } });
  if (status !== 0) throw new Error(stderr);
  return stdout.split('\n').filter(Boolean);
}

/** A PATH on which dpkg knows only these packages, and apt-get and sudo note what they are asked for. */
async function pretendInstalled(
  directory: string,
  installed: readonly string[],
): Promise<{ path: string; notes: string }> {
  const notes = join(directory, 'notes');
  const programs = {
    'dpkg-query': installed.map((name) => `echo '${name} installed'`).join('\n'),
    'apt-get': `echo "$DEBIAN_FRONTEND apt-get $*" >>'${notes}'`,
    sudo: '[ "$1" != -- ] || shift; exec "$@"',
  };
  await mkdir(join(directory, 'bin'));
  await writeFile(notes, '');
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(directory, 'bin', name), `#!/bin/sh\n${script}\n`);
    await chmod(join(directory, 'bin', name), 0o755);
  }
  return { path: `${join(directory, 'bin')}:${process.env['PATH'] ?? ''}`, notes };
}

t.test('every package that is listed is known to apt', { skip }, async (t) => {
  const names = await words(['--list', ...ALL]);
  const { stdout } = await runScript('apt-cache', ['policy', ...names]);
  const known = [...stdout.matchAll(/^(\S+):\n {2}Installed: .*\n {2}Candidate: (?!\(none\))/gm)].map(
    ([, name]) => name,
  );
  t.strictSame(new Set(known), new Set(names));
  t.ok(names.includes('libvirt-daemon-system') && names.includes('shellcheck'));
});

t.test('only what is missing is installed, without recommended packages and questions', { skip }, async (t) => {
  const names = await words(['--list', ...ALL]);
  const { path, notes } = await pretendInstalled(
    t.testdir(),
    names.filter((name) => name !== 'genisoimage' && name !== 'lz4'),
  );
  t.strictSame(await words(['--missing', ...ALL], path), ['genisoimage', 'lz4']);
  await words(['--install', ...ALL], path);
  const install = (await readFile(notes, 'utf8')).split('\n').filter((line) => line.includes(' install '));
  t.equal(install.length, 1);
  t.match(install[0], /^noninteractive apt-get .* install --no-install-recommends genisoimage lz4$/);
});

t.test('where nothing is missing, --install says so and does not call apt', { skip }, async (t) => {
  const { path, notes } = await pretendInstalled(t.testdir(), await words(['--list', ...ALL]));
  t.strictSame(await words(['--missing', ...ALL], path), []);
  const { status, stderr } = await runScript(packages, ['--install', ...ALL], { env: { PATH: path } });
  t.match({ status, stderr }, { status: 0, stderr: /nothing to install/ });
  t.equal(await readFile(notes, 'utf8'), '');
});

t.test('on this machine nothing is missing once everything was installed', { skip }, async (t) => {
  if ((await words(['--missing', ...ALL])).length > 0) return t.comment('not installed on this machine');
  t.match(await runScript(packages, ['--install', ...ALL]), { status: 0, stderr: /nothing to install/ });
});

t.test('an unknown need or argument is named', async (t) => {
  t.match(await runScript(packages, ['--for', 'run,worl']), { status: 1, stderr: /unknown need in "run,worl"/ });
  t.match(await runScript(packages, ['--instal']), { status: 1, stderr: /unknown argument --instal/ });
});

t.test('a package depends on all that is listed, whichever release it is installed on', async (t) => {
  const deb = (await words(['--depends', 'deb', '--for', 'run,lab,mini'])).join('').split(', ');
  for (const name of ['qemu-utils', 'dnsmasq-base', 'openssh-client', 'genisoimage | xorriso', 'cpio']) {
    t.ok(deb.includes(name), name);
  }
  t.ok(deb.includes('libvirt-daemon-driver-network | libvirt-daemon (<< 10.6)'), 'a package of its own in newer ones');
  t.notOk(deb.includes('tar'), 'what is essential is not named');
  const rpm = (await words(['--depends', 'rpm', '--for', 'run,lab,mini'])).join('').split(', ');
  for (const name of ['libvirt-daemon-kvm', 'qemu-img', 'xorriso', 'tar']) t.ok(rpm.includes(name), name);
  t.match(await runScript(packages, ['--depends', 'msi']), { status: 1, stderr: /"msi" is neither deb nor rpm/ });
});
