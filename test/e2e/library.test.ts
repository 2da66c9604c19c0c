import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { SliceState } from '../../src/driver/types.js';
import type { ListedBuild } from '../../src/image/list-images.js';
import { noLab, run, runVirtbs, type Ending } from './run-virtbs.js';

const skip = noLab;

/** A slot of its own, so that the images of other tests stay as they are. */
const CONFIGURATION = `
image_flow:
  library-test: { image_import: {} }
machine_matrix:
  mine:
    controller: &mine { disks: { root: { size: 2GiB, image_slot: library-test } } }
    worker: *mine
`;

/** Milliseconds for a guest to power off. */
const LIMIT = 60_000;

async function listBuilds(directory: string): Promise<readonly ListedBuild[]> {
  const { stdout } = await runVirtbs(directory, 'image', 'ls', 'library-test', '--json');
  return (JSON.parse(stdout) as { builds: ListedBuild[] }).builds;
}

async function taggedBuild(directory: string, tag: string): Promise<string | undefined> {
  return (await listBuilds(directory)).find(({ tags }) => tags.includes(tag))?.build;
}

/** Slice 1 as it is, without what a VM that runs uses, which is never twice the same. */
async function readSlice(directory: string): Promise<SliceState | undefined> {
  const { stdout } = await runVirtbs(directory, '-s', '1', 'ls', '--json');
  const leaveUsageOut = (key: string, value: unknown): unknown =>
    key === 'residentBytes' || key === 'diskBytes' ? undefined : value;
  return (JSON.parse(stdout, leaveUsageOut) as { slices: SliceState[] }).slices[0];
}

async function powerOff(directory: string, hostname: string): Promise<void> {
  await run(directory, ['ssh', '-F', 'sshconf-bs1', hostname, 'sync; sudo poweroff']);
  for (const limit = performance.now() + LIMIT; performance.now() < limit; await sleep(100)) {
    const slice = await readSlice(directory);
    if (slice?.vms.find((vm) => vm.hostname === hostname)?.power === 'off') return;
  }
  throw new Error(`${hostname} does not power off`);
}

t.test('tags, commit, removal and garbage, with a slice that runs', { skip, timeout: 400_000 }, async (t) => {
  const directory = t.testdir({ 'mine.yaml': CONFIGURATION });
  const virtbs = async (...args: readonly string[]): Promise<Ending> =>
    await runVirtbs(directory, '-c', 'mine.yaml', ...args);
  const succeed = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await virtbs(...args);
    t.equal(code, 0, `${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  t.teardown(() => virtbs('wipe'));

  t.match(await virtbs('cycle', 'roles,mine', 'controller:1'), {
    code: 1,
    stderr: /nothing was imported into library-test yet\nhint: virtbs image import FILE library-test/,
  });
  await succeed('image', 'export', 'mini', 'mini.qcow2');
  await succeed('image', 'import', 'mini.qcow2', 'library-test');
  const first = await taggedBuild(directory, 'default');
  await succeed('cycle', 'roles,mine', 'controller:1');

  await t.test('a tag that is not there is an error that leaves the slice alone', async (t) => {
    const before = await readSlice(directory);
    t.match(await virtbs('cycle', 'roles,mine,passed', 'controller:1'), {
      code: 1,
      stderr: /image library-test has no tag "passed"/,
    });
    t.strictSame(await readSlice(directory), before);
  });

  await t.test('tagactive marks what the slice runs on, and a cycle can ask for it', async (t) => {
    t.equal(await succeed('tagactive', 'passed'), `library-test:passed is library-test/${first}`);
    t.equal(await succeed('tagactive', 'passed'), `library-test:passed is library-test/${first}, as before`);
    await succeed('cycle', 'roles,mine,passed', 'controller:1');
    t.equal((await readSlice(directory))?.vms[0]?.image, `library-test/${first}`);
  });

  await t.test('the disk of a VM becomes a build once the VM is off', async (t) => {
    t.match(await virtbs('image', 'commit', 'controller-02', 'library-test'), {
      code: 1,
      stderr: /controller-02 is running[^]*hint: .*virtbs -s 1 stop controller-02/,
    });
    t.match(await virtbs('image', 'commit', 'controler-02', 'library-test'), {
      code: 1,
      stderr: /did you mean "controller-02"/,
    });
    await run(directory, ['ssh', '-F', 'sshconf-bs1', 'controller-02', 'echo kept | sudo tee /etc/mark']);
    await powerOff(directory, 'controller-02');
    const added = await succeed('image', 'commit', 'controller-02', 'library-test');
    t.match(
      added,
      new RegExp(`^library-test/[0-9a-f]{16} \\(2 GiB, on library-test/${first}\\) is library-test:default`),
    );
  });

  const second = await taggedBuild(directory, 'default');
  await t.test('a build made by commit boots, and "passed" stays where it was', async (t) => {
    t.not(second, first);
    t.equal(await taggedBuild(directory, 'passed'), first);
    await succeed('cycle', 'roles,mine', 'worker:1');
    const { stdout } = await run(directory, ['ssh', '-F', 'sshconf-bs1', 'worker-20', 'hostname; cat /etc/mark']);
    t.equal(stdout, 'worker-20\nkept');
    t.match(await listBuilds(directory), [
      { build: first, tags: ['passed'], base: null, users: ['bs1-worker-20'], slices: [1] },
      { build: second, tags: ['default'], base: `library-test/${first}`, users: ['bs1-worker-20'] },
    ]);
    await succeed('cycle', 'roles,mine,passed', 'worker:1');
    t.equal((await readSlice(directory))?.vms[0]?.image, `library-test/${first}`);
    await succeed('cycle', 'roles,mine', 'worker:1');
  });

  await t.test('what the slice runs on survives without a tag, and goes after the slice', async (t) => {
    await succeed('image', 'gc', '--older', '0'); // what others have left in this lab
    const parameters = await readFile(join(directory, 'mini.qcow2.cmdline'), 'utf8');
    await writeFile(join(directory, 'mini.qcow2.cmdline'), `${parameters.trim()} virtbs=again\n`);
    await succeed('image', 'import', 'mini.qcow2', 'library-test');
    await succeed('untag', 'library-test', 'passed');
    t.equal(await succeed('image', 'gc', '--older', '0'), 'nothing to remove');
    t.match(await virtbs('image', 'rm', `library-test/${first}`), {
      code: 1,
      stderr: new RegExp(`bs1-worker-20 runs on it, library-test/${second} stands on it`),
    });
    const { stdout } = await run(directory, ['ssh', '-F', 'sshconf-bs1', 'worker-20', 'cat /etc/mark']);
    t.equal(stdout, 'kept');
    await succeed('wipe');
    const removed = await succeed('image', 'gc', '--older', '0');
    t.match(removed, new RegExp(`removed library-test/${second}`));
    t.match(removed, new RegExp(`removed library-test/${first}`));
    t.equal((await listBuilds(directory)).length, 1);
    t.match(await succeed('image', 'rm', 'library-test'), /removed library-test:default/);
  });
});
