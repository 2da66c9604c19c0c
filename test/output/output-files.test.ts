import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { outputPaths, slicePaths, temporaryPath } from '../../src/filenames.js';
import {
  checkOutputFiles,
  ownedOutputFiles,
  prepareOutputDirectory,
  removeOutputFiles,
  writeOutputFiles,
} from '../../src/output/output-files.js';
import { packageDirectory } from '../../src/package-directory.js';
import { runProgram } from '../../src/process/run-program.js';
import { planOf } from '../plan/plan-of.js';
import { HOSTILE_SSH } from './hostile-ssh.js';

const HOST_KEYS = new Map(
  ['controller-02', 'controller-03', 'worker-20'].map((hostname) => [
    hostname,
    { privateKey: 'secret', publicKey: `ssh-ed25519 AAAA${hostname.replace('-', '')} bs1-${hostname}` },
  ]),
);

const JUMP = { address: 'lab.example.org', user: 'jenkins' };

/** What ssh itself makes of the configuration, by keyword. */
async function sshView(config: string, host: string): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await runProgram('ssh', ['-G', '-F', config, host]);
  return new Map(
    stdout.split('\n').map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
  );
}

t.test('ssh accepts the configuration and logs in strictly, as stack, with the key of the slice', async (t) => {
  const root = t.testdir();
  const plan = await planOf(1, 'controller:2', 'worker:1');
  const paths = slicePaths('/srv/virtbs', 1);
  const [, config = ''] = await writeOutputFiles(plan, {
    paths,
    outputDirectory: root,
    hostKeys: HOST_KEYS,
    jump: JUMP,
  });
  t.equal(config, join(root, 'sshconf-bs1'));
  for (const alias of ['controller-02', 'bs1-controller-02', 'controller']) {
    const view = await sshView(config, alias);
    t.equal(view.get('hostname'), '172.16.17.2', alias);
    t.equal(view.get('user'), 'stack');
    t.equal(view.get('identityfile'), paths.privateKey);
    t.equal(view.get('identitiesonly'), 'yes');
    t.match(view.get('stricthostkeychecking'), /^(yes|true)$/);
    t.equal(view.get('userknownhostsfile'), join(root, 'known_hosts-bs1'));
    t.equal(view.get('globalknownhostsfile'), '/dev/null');
    t.equal(view.get('forwardagent'), 'no');
    t.equal(view.get('passwordauthentication'), 'no');
    t.equal(view.get('controlmaster'), 'auto');
    t.match(view.get('controlpath'), new RegExp(`^${paths.mux}/[0-9a-f]+$`));
  }
  t.equal((await sshView(config, 'controller-03')).get('hostname'), '172.16.17.3');
  t.equal((await sshView(config, 'worker')).get('hostname'), '172.16.17.32');
  t.equal((await sshView(config, 'elsewhere')).get('hostname'), 'elsewhere');
});

t.test('paths with blanks and percent signs reach ssh as they are', async (t) => {
  const directory = join(t.testdir(), 'a folder 100% mine');
  const plan = await planOf(1, 'controller:1');
  await prepareOutputDirectory(directory);
  const [, config = ''] = await writeOutputFiles(plan, {
    paths: slicePaths('/srv/my root/50%', 1),
    outputDirectory: directory,
    hostKeys: HOST_KEYS,
    jump: JUMP,
  });
  const view = await sshView(config, 'controller-02');
  // ssh -G shows tokens that it fills in later as they were written: %% stands for one percent sign.
  t.equal(view.get('identityfile')?.replaceAll('%%', '%'), '/srv/my root/50%/keys/bs1/id_ed25519');
  t.equal(
    view.get('userknownhostsfile')?.replaceAll('%%', '%').replaceAll('"', ''),
    join(directory, 'known_hosts-bs1'),
  );
});

t.test('where a socket path would be too long, connections are not shared', async (t) => {
  const root = t.testdir();
  const plan = await planOf(1, 'controller:1');
  const paths = slicePaths(`/srv/${'deep/'.repeat(12)}`, 1);
  const [, config = ''] = await writeOutputFiles(plan, {
    paths,
    outputDirectory: root,
    hostKeys: HOST_KEYS,
    jump: JUMP,
  });
  const view = await sshView(config, 'controller-02');
  t.match(view.get('controlmaster'), /^(no|false)$/);
  t.notOk(view.has('controlpath') && view.get('controlpath') !== 'none');
});

t.test('known hosts has every name and address of a VM, as ssh-keygen reads it', async (t) => {
  const root = t.testdir();
  const plan = await planOf(1, 'controller:1');
  const key = join(root, 'host');
  await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const publicKey = await readFile(`${key}.pub`, 'utf8');
  const hostKeys = new Map([['controller-02', { privateKey: '', publicKey }]]);
  const [file = ''] = await writeOutputFiles(plan, {
    paths: slicePaths(root, 1),
    outputDirectory: root,
    hostKeys,
    jump: JUMP,
  });
  for (const name of ['controller-02', 'bs1-controller-02', '172.16.17.2', 'fd00:aaaa:0:1001::2', '172.16.18.2']) {
    const { stdout } = await runProgram('ssh-keygen', ['-F', name, '-f', file]);
    t.match(stdout, publicKey.split(' ')[1], name);
  }
});

t.test('a file of that name that is not ours is refused before, and left alone after', async (t) => {
  const directory = t.testdir({
    'sshconf-bs1': 'Host mine\n',
    'known_hosts-bs1': '# virtbs slice 10, known hosts: x\n',
  });
  await t.rejects(checkOutputFiles(1, directory), { code: 'file-foreign', message: /sshconf-bs1 exists/ });
  const files = ['sshconf-bs1', 'known_hosts-bs1'].map((name) => join(directory, name));
  t.strictSame(await removeOutputFiles(1, files), []);
  t.equal(await readFile(join(directory, 'sshconf-bs1'), 'utf8'), 'Host mine\n');
});

t.test('a link or a folder of that name is not ours either', async (t) => {
  const directory = t.testdir({ target: '# virtbs slice 1, ssh configuration: x\n' });
  await symlink('target', join(directory, 'sshconf-bs1'));
  await t.rejects(checkOutputFiles(1, directory), { code: 'file-foreign' });
  const other = t.testdir({ 'sshconf-bs1': {} });
  await t.rejects(checkOutputFiles(1, other), { code: 'file-foreign' });
});

t.test('files are replaced whole, removed once, and found again only by their own slice', async (t) => {
  const root = t.testdir();
  const plan = await planOf(1, 'controller:1');
  const options = { paths: slicePaths(root, 1), outputDirectory: root, hostKeys: HOST_KEYS, jump: JUMP };
  await writeOutputFiles(plan, options);
  await t.resolves(checkOutputFiles(1, root));
  const files = await writeOutputFiles(plan, options);
  t.strictSame(await removeOutputFiles(10, files), []);
  t.strictSame([...(await removeOutputFiles(1, files))].sort(), [...files].sort());
  t.strictSame(await removeOutputFiles(1, files), []);
});

t.test('a folder that cannot be written is told with its path', async (t) => {
  const directory = t.testdir({ file: '' });
  const plan = await planOf(1, 'controller:1');
  const options = {
    paths: slicePaths(directory, 1),
    outputDirectory: join(directory, 'file', 'x'),
    hostKeys: HOST_KEYS,
    jump: JUMP,
  };
  await t.rejects(prepareOutputDirectory(options.outputDirectory), { code: 'file-unwritable', message: /file\/x/ });
  await t.rejects(writeOutputFiles(plan, options), { code: 'file-unwritable', message: /file\/x/ });
  await t.rejects(prepareOutputDirectory('/proc/nowhere'), { code: 'file-unwritable', message: /\/proc\/nowhere/ });
});

t.test('the folder is made where it does not exist', async (t) => {
  const directory = join(t.testdir(), 'new', 'folder');
  await prepareOutputDirectory(directory);
  const plan = await planOf(1, 'controller:1');
  await writeOutputFiles(plan, {
    paths: slicePaths('/srv/virtbs', 1),
    outputDirectory: directory,
    hostKeys: HOST_KEYS,
    jump: JUMP,
  });
  t.ok((await stat(join(directory, 'sshconf-bs1'))).isFile());
});

t.test('the files of several slices are included side by side, each with its own known hosts', async (t) => {
  const root = t.testdir();
  for (const slice of [1, 2]) {
    const plan = await planOf(slice, 'controller:1', 'worker:1');
    const paths = slicePaths('/srv/virtbs', slice);
    await writeOutputFiles(plan, { paths, outputDirectory: root, hostKeys: HOST_KEYS, jump: JUMP });
  }
  const config = join(root, 'config');
  await writeFile(config, `Include ${root}/sshconf-bs*\nHost *\n  User me\n  StrictHostKeyChecking no\n`);
  for (const [slice, address] of [
    [1, '172.16.17.2'],
    [2, '172.16.33.2'],
  ] as const) {
    const view = await sshView(config, `bs${slice}-controller-02`);
    t.equal(view.get('hostname'), address);
    t.equal(view.get('user'), 'stack');
    t.match(view.get('stricthostkeychecking'), /^(yes|true)$/);
    t.equal(view.get('userknownhostsfile'), join(root, `known_hosts-bs${slice}`));
    t.equal(view.get('identityfile'), `/srv/virtbs/keys/bs${slice}/id_ed25519`);
  }
  t.equal((await sshView(config, 'elsewhere')).get('user'), 'me');
});

t.test('what a user says of all hosts behind the files changes nothing for VMs', async (t) => {
  const root = t.testdir();
  const paths = slicePaths('/srv/virtbs', 1);
  const files = { paths, outputDirectory: root, hostKeys: HOST_KEYS, jump: JUMP };
  await writeOutputFiles(await planOf(1, 'controller:1'), files);
  const config = join(root, 'config');
  await writeFile(config, `Include ${root}/sshconf-bs*\n${HOSTILE_SSH}`);
  const alone = await sshView(join(root, 'sshconf-bs1'), 'controller');
  const included = await sshView(config, 'controller');
  const changed = [...included].filter(([option, value]) => alone.get(option) !== value);
  // An address to bind to comes before an interface; a local command needs PermitLocalCommand; forwards cannot be kept out;
  // GSSAPI is none of the preferred ways.
  t.strictSame(
    changed.map(([option]) => option),
    ['gssapiauthentication', 'bindinterface', 'localcommand', 'localforward'],
  );
  t.match(included.get('permitlocalcommand'), /^(no|false)$/);
  t.equal(included.get('preferredauthentications'), 'publickey');
  t.notMatch(await readFile(join(root, 'sshconf-bs1'), 'utf8'), /gssapi/i, 'an ssh built without it would warn');
  t.equal((await sshView(config, 'elsewhere')).get('port'), '2222');

  const behind = { ...(await planOf(1, 'controller:1')), access: { jump: 'root@192.0.2.1', users: {} } };
  await writeOutputFiles(behind, files);
  const view = await sshView(config, 'controller');
  t.match(view.get('proxyjump'), /^root@\[?192\.0\.2\.1\]?$/);
  t.equal(view.get('proxycommand'), undefined);
});

t.test('the configuration for other machines goes through this one and knows no path of it', async (t) => {
  const root = t.testdir();
  const plan = await planOf(1, 'controller:1');
  for (const [jump, destination] of [
    [{ address: 'lab.example.org', user: 'jenkins' }, 'jenkins@lab.example.org'],
    [{ address: '2001:db8::7', user: 'me', port: 2222 }, 'me@[2001:db8::7]:2222'],
  ] as const) {
    const paths = slicePaths('/srv/virtbs', 1);
    await writeOutputFiles(plan, { paths, outputDirectory: root, hostKeys: HOST_KEYS, jump });
    const view = await sshView(join(root, 'sshconf-remote-bs1'), 'controller-02');
    t.equal(view.get('proxyjump'), destination);
    t.equal(view.get('hostname'), '172.16.17.2');
    t.equal(view.get('identityfile'), 'id_ed25519-bs1');
    t.equal(view.get('userknownhostsfile'), 'known_hosts-bs1');
    t.match(view.get('stricthostkeychecking'), /^(yes|true)$/);
    t.notOk(view.get('controlpath')?.includes('/srv/'));
  }
  t.notOk((await sshView(join(root, 'sshconf-bs1'), 'controller-02')).get('proxyjump'));
});

t.test('JSON files are known as ours by their first key, for their own slice alone', async (t) => {
  const root = t.testdir();
  const options = { paths: slicePaths(root, 1), outputDirectory: root, hostKeys: HOST_KEYS, jump: JUMP };
  await writeOutputFiles(await planOf(1, 'controller:1'), options);
  const file = join(root, 'instackenv-1.json');
  t.strictSame(await ownedOutputFiles(10, [file]), []);
  t.strictSame(await ownedOutputFiles(1, [file]), [file]);
  await writeFile(file, JSON.stringify(JSON.parse(await readFile(file, 'utf8'))));
  t.strictSame(await ownedOutputFiles(1, [file]), [file], 'in whatever way it is laid out');
  await writeFile(file, '{"nodes": [], "virtbs": "virtbs slice 1, mine"}');
  t.strictSame(await ownedOutputFiles(1, [file]), []);
  await t.rejects(checkOutputFiles(1, root), { code: 'file-foreign', message: /instackenv-1\.json exists/ });
});

t.test(
  'what a process that was killed has left half written is in nobody’s way, and goes with the files',
  async (t) => {
    const root = t.testdir();
    const options = { paths: slicePaths(root, 1), outputDirectory: root, hostKeys: HOST_KEYS, jump: JUMP };
    const { sshConfig, state } = outputPaths(root, 1);
    for (const path of [sshConfig, state]) await writeFile(temporaryPath(path), 'half');
    const files = await writeOutputFiles(await planOf(1, 'controller:1'), options);
    t.match(await readFile(sshConfig, 'utf8'), /^Host controller-02/m);
    t.strictSame(await removeOutputFiles(1, [...files, state]), files);
    t.strictSame(await readdir(root), []);
  },
);

t.test('git ignores every file that cycle writes', async (t) => {
  const directory = await packageDirectory();
  const names = Object.values(outputPaths(directory, 12));
  const { stdout } = await runProgram('git', ['-C', directory, 'check-ignore', '--no-index', ...names]);
  t.strictSame(stdout.split('\n').sort(), [...names].sort());
});
