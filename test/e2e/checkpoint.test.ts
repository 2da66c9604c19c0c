import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import { createInterface } from 'node:readline';
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

async function cycle(t: Test, directory: string, ...args: readonly string[]): Promise<Cycled> {
  const { code, stdout, stderr } = await runVirtbs(directory, 'cycle', 'roles', ...args, '--json');
  t.equal(code, 0, stderr);
  return { ...(JSON.parse(stdout) as Omit<Cycled, 'stderr'>), stderr };
}

/** What a guest says to a command, with the host key checked as ever. */
async function ask(directory: string, host: string, command: string): Promise<string> {
  return (await ssh(directory, host, command)).stdout;
}

async function keys(t: Test, directory: string): Promise<readonly string[]> {
  const list = JSON.parse(await virtbs(t, directory, 'checkpoint', 'ls', '--json')) as {
    checkpoints: { key: string; vms: string[]; builds: string[] }[];
  };
  return list.checkpoints.map(({ key }) => key);
}

t.test('a cycle brings back what the one before has kept: same cluster, nothing of its use', { skip }, async (t) => {
  const directory = t.testdir();
  const before = await takeInventory(directory);
  const first = await cycle(t, directory, 'plain:2');
  t.equal(first.checkpoint, 'kept', first.stderr);
  const knownHosts = await readFile(join(directory, 'known_hosts-bs1'), 'utf8');
  const started = Number(await ask(directory, 'plain-60', 'cut -d. -f1 /proc/uptime'));
  await ask(directory, 'plain-60', 'echo mine >file; sync; touch /tmp/later');

  const numbers = new Set<string>();
  for (const round of [1, 2]) {
    const began = Date.now();
    const again = await cycle(t, directory, 'plain:2');
    t.equal(again.checkpoint, 'restored', `round ${round}: ${again.stderr}`);
    t.strictSame(again.vms, first.vms);
    t.equal(await readFile(join(directory, 'known_hosts-bs1'), 'utf8'), knownHosts);
    for (const host of HOSTS) {
      numbers.add(await ask(directory, host, 'head -c 16 /dev/urandom | od -An -tx1'));
      t.equal(await ask(directory, host, 'hostname; ls file /tmp/later 2>/dev/null'), host, 'what it did is gone');
      const clock = Number(await ask(directory, host, 'date +%s')) * 1000;
      t.ok(clock > began - 2000 && clock < Date.now() + 2000, 'it knows what time it is');
    }
    const ping = await ssh(directory, 'plain-60', 'ping -c 1 -W 10 plain-61');
    t.equal(ping.code, 0, ping.stdout);
    await ask(directory, 'plain-60', 'echo mine >file; sync; touch /tmp/later');
  }
  t.equal(numbers.size, 4, 'random numbers do not come again');
  t.ok(started > 0);
  t.match(await virtbs(t, directory, 'log', 'plain-60'), /\S/, 'the console says how it has booted');

  const [key = ''] = await keys(t, directory);
  const folder = join(CHECKPOINTS, key);
  t.equal((await stat(folder)).mode & 0o077, 0);
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.qcow2')) t.equal((await stat(join(folder, name))).mode & 0o077, 0, name);
  }
  t.match(await virtbs(t, directory, 'image', 'gc', '--older', '0', '--dry-run'), /nothing to remove/);
  t.match(await virtbs(t, directory, 'image', 'ls'), new RegExp(`checkpoints/${key}`));

  const changed = await cycle(t, directory, 'plain:1');
  t.equal(changed.checkpoint, 'kept', 'another plan is booted');
  t.equal((await keys(t, directory)).length, 2);
  const limited = await cycle(t, directory, 'plain:1', 'controller:1', '-E', 'checkpoint.max_count=1');
  t.equal(limited.checkpoint, 'kept');
  t.equal((await keys(t, directory)).length, 1, 'those that were not used for longest are gone');
  await virtbs(t, directory, 'checkpoint', 'rm', '--all');
  t.equal(await virtbs(t, directory, 'checkpoint', 'ls'), 'there are no checkpoints');
  t.equal(await ask(directory, 'plain-60', 'hostname'), 'plain-60', 'the slice that was kept goes on');
  await virtbs(t, directory, 'wipe');
  t.strictSame(await takeInventory(directory), before);
});

/** Starts a cycle and kills it as soon as it says that a phase has ended. */
async function killAfter(directory: string, words: string): Promise<unknown> {
  const program = join(await packageDirectory(), 'bin', 'virtbs');
  const args = [program, '-v', 'cycle', 'roles', 'plain:2'];
  const child = spawn(process.execPath, args, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  for await (const line of createInterface({ input: child.stderr })) if (line.startsWith(words)) child.kill('SIGKILL');
  return (await ended)[1];
}

t.test('a damaged checkpoint, and one whose making was killed, end in a booted slice', { skip }, async (t) => {
  const directory = t.testdir();
  const before = await takeInventory(directory);
  for (const words of ['facts:', 'save:', 'clock:']) {
    t.equal(await killAfter(directory, words), 'SIGKILL', `at "${words}"`);
    t.strictSame(await keys(t, directory), [], `nothing half made counts at "${words}"`);
  }
  t.equal((await cycle(t, directory, 'plain:2')).checkpoint, 'kept');
  t.equal(await killAfter(directory, 'vms:'), 'SIGKILL', 'while it is brought back');
  t.equal((await cycle(t, directory, 'plain:2')).checkpoint, 'restored');

  const [key = ''] = await keys(t, directory);
  await truncate(join(CHECKPOINTS, key, 'plain-61.memory'), 1_000_000);
  const booted = await cycle(t, directory, 'plain:2');
  t.equal(booted.checkpoint, 'kept');
  const told = booted.stderr.split('\n').filter((line) => line.includes('checkpoint'));
  t.equal(told.length, 1, booted.stderr);
  t.match(told[0], new RegExp(`^warning: checkpoint ${key} is removed, and slice 1 is booted: .*plain-61`));
  for (const host of HOSTS) t.equal(await ask(directory, host, 'hostname'), host);
  t.equal((await cycle(t, directory, 'plain:2', '--checkpoint', 'no')).checkpoint, null, 'not where it is not wanted');
  await virtbs(t, directory, 'wipe');
  t.equal((await keys(t, directory)).length, 1, 'a wipe keeps checkpoints, as it keeps images');
  t.equal((await cycle(t, directory, 'plain:2')).checkpoint, 'restored', 'on an empty slice, too');
  await virtbs(t, directory, '-s', '1', 'checkpoint', 'rm', '--all');
  await virtbs(t, directory, 'wipe');
  t.strictSame(await takeInventory(directory), before);
});
