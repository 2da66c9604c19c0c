import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { takeInventory } from './host-inventory.js';
import { noLab, run, runVirtbs } from './run-virtbs.js';
import { bootId, powers, ssh, withSlice } from './standing-slice.js';

const skip = noLab;
const SLICE = '/srv/virtbs/slices/1';

/** Runs virtbs, and wants it to succeed. */
async function virtbs(t: Test, directory: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runVirtbs(directory, ...args);
  t.equal(code, 0, `${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Waits until it holds, for as long as an emulated guest may need. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const limit = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > limit) throw new Error(`not within 30 s: ${what}`);
    await sleep(20);
  }
}

async function read(directory: string, host: string, file: string): Promise<string> {
  return (await ssh(directory, host, `cat ${file}`)).stdout;
}

/** The file as it is on the disk: the guest's own memory of it is dropped first. */
async function readFromDisk(directory: string, host: string, file: string): Promise<string> {
  await ssh(directory, host, 'sync; echo 3 | sudo tee /proc/sys/vm/drop_caches >/dev/null');
  return await read(directory, host, file);
}

async function lines(directory: string, host: string, file: string): Promise<number> {
  return (await read(directory, host, file)).split('\n').length;
}

async function layers(): Promise<readonly string[]> {
  return await readdir(join(SLICE, 'layers'));
}

t.test(
  'a cluster goes back to the instant of a snapshot, as often as asked, and goes on there',
  { skip },
  async (t) => {
    await withSlice(t, ['controller:2'], async (directory) => {
      const [one, two] = ['controller-02', 'controller-03'];
      const plan = JSON.parse(await virtbs(t, directory, 'plan', 'roles', 'controller:2', '--json')) as {
        vms: { hostname: string; interfaces: { network: string; ipv4: string }[] }[];
      };
      const address = plan.vms[1]?.interfaces.find(({ network }) => network === 'data')?.ipv4;
      t.ok(address, 'the VMs have a second network');
      const boots = await Promise.all([one, two].map((host) => bootId(directory, host)));
      // A connection between the VMs on the network that the host is not on.
      await ssh(directory, two, '(tail -f /dev/null | nc -l -p 5000) >got 2>/dev/null & echo first >kept; sync');
      await until('it listens', async () => /:5000 /.test((await ssh(directory, two, 'netstat -ltn')).stdout));
      // What it sends besides the number is in its memory alone, until it is told.
      const work = 'n=$((n+1)); echo $n $word; echo $n >>sent; sleep 0.1';
      const send = `trap "word=later" USR1; echo $$ >sender; n=0; word=early; while :; do ${work}; done`;
      await ssh(directory, one, `(sh -c '${send}' | nc ${address} 5000) </dev/null >/dev/null 2>&1 &`);
      await until('lines arrive', async () => (await lines(directory, two, 'got')) > 2);

      const made = await virtbs(t, directory, 'snapshot', 'first');
      t.match(made, /^slice 1: snapshot first of 2 VMs: memory .+ MiB, disks .+, paused for [\d.]+ s$/m);
      const atFirst = await lines(directory, two, 'got');
      await until('the connection goes on', async () => (await lines(directory, two, 'got')) > atFirst + 2);
      await ssh(directory, two, 'echo second >kept; echo new >later; sync');
      await virtbs(t, directory, 'snapshot', 'second');
      await ssh(directory, two, 'echo third >kept; sync');
      await ssh(directory, one, 'kill -USR1 $(cat sender)');
      await until('the sender has heard', async () => (await read(directory, two, 'got')).includes('later'));

      for (const [name, kept] of [
        ['first', 'first'],
        ['second', 'second'],
        ['first', 'first'],
        ['first', 'first'],
      ] as const) {
        const began = Date.now();
        await virtbs(t, directory, 'restore', name);
        const sent = await lines(directory, one, 'sent');
        await until('nothing of what was sent is lost', async () => (await lines(directory, two, 'got')) >= sent);
        const got = await read(directory, two, 'got');
        t.equal(await readFromDisk(directory, two, 'kept'), kept, `the disk of ${name}`);
        t.equal((await ssh(directory, two, 'ls later')).code === 0, name === 'second');
        t.notMatch(got, 'later', 'the memory is that of then, too');
        const now = await lines(directory, one, 'sent');
        t.ok(got.split('\n').length <= now, 'both VMs are of one instant: nothing was received before it was sent');
        await until('the connection goes on', async () => (await lines(directory, two, 'got')) > now + 2);
        const clock = Number((await ssh(directory, one, 'date +%s')).stdout) * 1000;
        t.ok(clock > began - 2000 && clock < Date.now() + 2000, 'the guest knows what time it is');
      }
      t.strictSame(await Promise.all([one, two].map((host) => bootId(directory, host))), boots, 'nothing was booted');
      const { mode } = await stat(join(SLICE, 'snapshots', 'first', `${one}.memory`));
      t.equal(mode & 0o777, 0o600, 'what was in the memory is for root alone');

      t.equal((await layers()).length, 4);
      await virtbs(t, directory, 'snapshot', '--delete', 'second');
      t.equal((await layers()).length, 2, 'nothing stands on the disks of the second any more');
      t.match(await virtbs(t, directory, 'image', 'gc', '--dry-run'), /nothing to remove/);
      await virtbs(t, directory, 'snapshot', '--delete', 'first');
      t.equal((await layers()).length, 2, 'the VMs stand on the disks of the first');
      t.equal(await readFromDisk(directory, two, 'kept'), 'first');
      t.equal(await virtbs(t, directory, 'snapshots'), 'slice 1 has no snapshots');
    });
  },
);

t.test('VMs that are off or paused are so again; a slice of other VMs is refused untouched', { skip }, async (t) => {
  await withSlice(t, ['plain:3'], async (directory) => {
    await virtbs(t, directory, 'stop', '--force', 'plain-61');
    await run(directory, ['virsh', '-q', 'suspend', 'bs1-plain-62']);
    const before = { 'plain-60': 'running', 'plain-61': 'off', 'plain-62': 'paused' };
    await virtbs(t, directory, 'snapshot', 'mixed');
    t.strictSame(await powers(directory), before);
    await virtbs(t, directory, 'start', '--no-wait');
    await virtbs(t, directory, 'restore', 'mixed');
    t.strictSame(await powers(directory), before);

    const boot = await bootId(directory, 'plain-60');
    await run(directory, ['virsh', '-q', 'destroy', 'bs1-plain-62']);
    await virtbs(t, directory, 'up', 'roles', 'plain:1', 'controller:1', '--prune', '--no-wait');
    const refused = await runVirtbs(directory, 'restore', 'mixed');
    t.match(refused, { code: 1, stdout: '', stderr: /slice 1 has now controller-02; has no more plain-61, plain-62/ });
    t.equal(await bootId(directory, 'plain-60'), boot);
  });
});

t.test('a snapshot that fails leaves VMs that go on, and no snapshot', { skip }, async (t) => {
  await withSlice(t, ['plain:2'], async (directory) => {
    const boots = await Promise.all(['plain-60', 'plain-61'].map((host) => bootId(directory, host)));
    const failures = [
      ['snapshots', 'size=90m', /No space left on device/],
      ['layers', 'size=90m', /the disks cannot be kept: EXDEV/],
    ] as const;
    for (const [folder, options, words] of failures) {
      const path = join(SLICE, folder);
      await run(directory, ['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', path]);
      t.match(await runVirtbs(directory, 'snapshot', 'broken'), { code: 1, stdout: '', stderr: words }, folder);
      t.strictSame(await readdir(path), [], 'nothing half made is left');
      t.equal((await run(directory, ['umount', path])).code, 0);
      t.strictSame(await readdir(join(SLICE, 'snapshots')), []);
      t.strictSame(await powers(directory), { 'plain-60': 'running', 'plain-61': 'running' });
      t.strictSame(await Promise.all(['plain-60', 'plain-61'].map((host) => bootId(directory, host))), boots);
    }
    t.notOk((await readdir(join(SLICE, 'disks'))).some((name) => name.startsWith('.next')));
    await virtbs(t, directory, 'snapshot', 'whole');
  });
});

t.test('memory of VMs that go on from a file is a file again in each snapshot', { skip }, async (t) => {
  env['VIRTBS_CHECKPOINT'] = 'yes';
  t.teardown(() => {
    env['VIRTBS_CHECKPOINT'] = 'no';
  });
  const hosts = ['plain-60', 'plain-61'];
  await withSlice(t, ['plain:2'], async (directory) => {
    const boots = await Promise.all(hosts.map((host) => bootId(directory, host)));
    const isFile = async (name: string): Promise<void> => {
      const kept = (await readdir(join(SLICE, 'snapshots', name))).filter((file) => file.endsWith('.ram'));
      t.strictSame(kept.toSorted(), ['plain-60.ram', 'plain-61.ram']);
      t.strictSame(await readdir(join(SLICE, 'memory')), [], 'no file is left of VMs that run');
    };
    for (const round of ['one', 'two']) {
      await ssh(directory, 'plain-60', `echo ${round} >memory; echo ${round} >disk; sync`);
      await virtbs(t, directory, 'snapshot', round);
      await isFile(round);
    }
    for (const round of ['one', 'two', 'one']) {
      await virtbs(t, directory, 'restore', round);
      t.equal(await read(directory, 'plain-60', 'memory'), round);
      t.equal(await readFromDisk(directory, 'plain-60', 'disk'), round);
      await isFile(round);
    }
    t.strictSame(await Promise.all(hosts.map((host) => bootId(directory, host))), boots, 'nothing was booted');
  });
  await virtbs(t, t.testdir(), 'checkpoint', 'rm', '--all');
});

/** Runs virtbs until a file is there whose name matches, then kills it. */
async function killAt(directory: string, [folder, pattern]: Point, ...args: readonly string[]): Promise<unknown> {
  const program = join(await packageDirectory(), 'bin', 'virtbs');
  const child = spawn(process.execPath, [program, ...args], { cwd: directory, stdio: 'ignore' });
  const ended = once(child, 'exit');
  const seen = async (): Promise<boolean> => {
    const names = await readdir(join(SLICE, folder), { recursive: true }).catch(() => []);
    return child.exitCode !== null || names.some((name) => pattern.test(name));
  };
  while (!(await seen()));
  child.kill('SIGKILL');
  const [, signal] = (await ended) as [number | null, NodeJS.Signals | null];
  return signal;
}

type Point = readonly [folder: string, pattern: RegExp];

const POINTS: readonly Point[] = [
  ['disks', /^\.next-/],
  ['snapshots', /\.memory$/],
  ['layers', /\.qcow2$/],
  ['snapshots', /snapshot\.json$/],
];

t.test('a snapshot or restore that is killed is put right by the next cycle, restore or wipe', { skip }, async (t) => {
  const directory = t.testdir();
  const before = await takeInventory(directory);
  for (const point of POINTS) {
    await virtbs(t, directory, 'cycle', 'roles', 'plain:2', '--no-wait');
    t.equal(await killAt(directory, point, 'snapshot', 'killed'), 'SIGKILL', `at ${point.join(' ')}`);
  }
  await virtbs(t, directory, 'cycle', 'roles', 'plain:2');
  t.equal(await virtbs(t, directory, 'snapshots'), 'slice 1 has no snapshots');
  await virtbs(t, directory, 'snapshot', 'good');
  await ssh(directory, 'plain-61', 'echo later >later; sync');
  t.equal(await killAt(directory, ['disks', /^\.next-/], 'restore', 'good'), 'SIGKILL');
  await virtbs(t, directory, 'restore', 'good');
  t.equal((await ssh(directory, 'plain-61', 'ls later')).code, 1);
  t.equal(await killAt(directory, ['snapshots', /^\.again.*memory$/], 'snapshot', 'again'), 'SIGKILL');
  await virtbs(t, directory, 'wipe');
  t.strictSame(await takeInventory(directory), before);
});
