import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import t, { type Test } from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { takeInventory } from './host-inventory.js';
import { noLab, runVirtbs } from './run-virtbs.js';
import { ssh } from './standing-slice.js';

const skip = noLab;
const CHECKPOINTS = '/srv/virtbs/checkpoints';
const HOSTS = ['plain-60', 'plain-61'] as const;
env['VIRTBS_CHECKPOINT'] = 'yes';

interface Cycled {
  readonly checkpoint: string | null;
  readonly stderr: string;
  readonly vms: readonly unknown[];
}

async function virtbs(t: Test, directory: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runVirtbs(directory, ...args);
  t.equal(code, 0, `${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** How memory is kept, for all cycles of a test. */
let memory = 'mapped';

async function cycle(t: Test, directory: string, ...args: readonly string[]): Promise<Cycled> {
  const { code, stdout, stderr } = await runVirtbs(directory, 'cycle', 'roles', ...args, ...memoryOption(), '--json');
  t.equal(code, 0, stderr);
  return { ...(JSON.parse(stdout) as Omit<Cycled, 'stderr'>), stderr };
}

function memoryOption(): readonly string[] {
  return ['-E', `checkpoint.memory=${memory}`];
}

/** What a guest says to a command, with the host key checked as ever. */
async function ask(directory: string, host: string, command: string): Promise<string> {
  return (await ssh(directory, host, command)).stdout;
}

async function keys(t: Test, directory: string): Promise<readonly string[]> {
  const { checkpoints } = JSON.parse(await virtbs(t, directory, 'checkpoint', 'ls', '--json')) as {
    checkpoints: { key: string; vms: string[]; builds: string[] }[];
  };
  return checkpoints.map(({ key }) => key);
}

/** The digests of the files that memory is mapped from. */
async function digestMemory(t: Test, directory: string): Promise<readonly string[]> {
  const [key = ''] = await keys(t, directory);
  const names = (await list(join(CHECKPOINTS, key))).filter((name) => name.endsWith('.ram')).toSorted();
  const files = await Promise.all(names.map((name) => readFile(join(CHECKPOINTS, key, name))));
  return files.map((file) => createHash('sha256').update(file).digest('hex'));
}

/** Starts a cycle and kills it as soon as what is watched for is there. */
async function killWhen(directory: string, isThere: () => Promise<boolean>): Promise<unknown> {
  const program = join(await packageDirectory(), 'bin', 'virtbs');
  const args = ['cycle', 'roles', 'plain:2', ...memoryOption()];
  const child = spawn(process.execPath, [program, ...args], { cwd: directory, stdio: 'ignore' });
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  while (child.exitCode === null && !(await isThere()));
  child.kill('SIGKILL');
  return (await ended)[1];
}

async function list(folder: string): Promise<readonly string[]> {
  return await readdir(folder).catch(() => []);
}

/** All that a restored slice must be. */
async function assertPristine(t: Test, directory: string, began: number): Promise<void> {
  for (const host of HOSTS) {
    t.equal(await ask(directory, host, 'hostname; ls file /tmp/later 2>/dev/null'), host, 'what it did is gone');
    const clock = Number(await ask(directory, host, 'date +%s')) * 1000;
    t.ok(clock > began - 2000 && clock < Date.now() + 2000, 'it knows what time it is');
  }
  const ping = await ssh(directory, 'plain-60', 'ping -c 1 -W 10 plain-61');
  t.equal(ping.code, 0, ping.stdout);
  await ask(directory, 'plain-60', 'echo mine >file; sync; touch /tmp/later');
}

for (const mode of ['mapped', 'stream'] as const) {
  const name = `a cycle brings back what one before it has kept, and boots where that cannot be: ${mode}`;
  t.test(name, { skip }, async (t) => await testCheckpoints(t, mode));
}

async function testCheckpoints(t: Test, mode: 'mapped' | 'stream'): Promise<void> {
  memory = mode;
  const directory = t.testdir();
  const before = await takeInventory(directory);
  const halfMade = join(CHECKPOINTS, '.new-1');
  const killed = await killWhen(directory, async () => (await list(halfMade)).length > 0);
  t.equal(killed, 'SIGKILL', 'while the first is kept');
  t.strictSame(await keys(t, directory), [], 'nothing half made counts');

  const first = await cycle(t, directory, 'plain:2');
  t.equal(first.checkpoint, 'kept', first.stderr);
  t.strictSame(await list(halfMade), []);
  const digests = await digestMemory(t, directory);
  t.equal(digests.length, mode === 'mapped' ? HOSTS.length : 0, 'the memory is kept as asked');
  const knownHosts = await readFile(join(directory, 'known_hosts-bs1'), 'utf8');
  const random = new Set<string>();
  await assertPristine(t, directory, Date.now());
  for (const prepare of [
    async () => undefined,
    async () => {
      const disks = '/srv/virtbs/slices/1/layers';
      await virtbs(t, directory, 'wipe');
      t.equal(await killWhen(directory, async () => (await list(disks)).length > 0), 'SIGKILL', 'while it comes back');
    },
  ]) {
    await prepare();
    const began = Date.now();
    const again = await cycle(t, directory, 'plain:2');
    t.equal(again.checkpoint, 'restored', again.stderr);
    t.strictSame(again.vms, first.vms, 'names and addresses are the same');
    t.equal(await readFile(join(directory, 'known_hosts-bs1'), 'utf8'), knownHosts, 'host keys are the same');
    for (const host of HOSTS) random.add(await ask(directory, host, 'head -c 16 /dev/urandom | od -An -tx1'));
    await assertPristine(t, directory, began);
  }
  t.equal(random.size, 4, 'random numbers do not come again');
  t.match(await virtbs(t, directory, 'log', 'plain-60'), /\S/, 'the console says how it has booted');

  t.strictSame(await digestMemory(t, directory), digests, 'no guest has written to the memory that is kept');

  const [key = ''] = await keys(t, directory);
  const folder = join(CHECKPOINTS, key);
  t.equal((await stat(folder)).mode & 0o077, 0, 'what was in the memory is for root alone');
  for (const name of (await list(folder)).filter((file) => !file.endsWith('.qcow2'))) {
    t.equal((await stat(join(folder, name))).mode & 0o077, 0, name);
  }
  t.match(await virtbs(t, directory, 'image', 'ls'), new RegExp(`checkpoints/${key}`));

  await truncate(join(folder, 'plain-61.memory'), 1_000_000);
  const booted = await cycle(t, directory, 'plain:2');
  t.equal(booted.checkpoint, 'kept', 'one that is damaged gives way to a good one');
  const told = booted.stderr.split('\n').filter((line) => line.includes('checkpoint'));
  t.equal(told.length, 1, booted.stderr);
  t.match(told[0], new RegExp(`^warning: checkpoint ${key} is removed, and slice 1 is booted: .*plain-61`));

  const other = await cycle(t, directory, 'plain:1', 'controller:1', '-E', 'checkpoint.max_count=1');
  t.equal(other.checkpoint, 'kept', 'another plan is booted');
  t.equal((await keys(t, directory)).length, 1, 'there are no more of them than are wanted');
  await virtbs(t, directory, 'checkpoint', 'rm', '--all');
  t.equal(await virtbs(t, directory, 'checkpoint', 'ls'), 'there are no checkpoints');
  await ask(directory, 'plain-60', 'sudo sh -c "sync; echo 3 >/proc/sys/vm/drop_caches"');
  t.equal(await ask(directory, 'plain-60', 'hostname'), 'plain-60', 'the slice goes on, on its own disks');
  await virtbs(t, directory, 'wipe');
  t.strictSame(await takeInventory(directory), before);
}
