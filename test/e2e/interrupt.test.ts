import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { takeInventory } from './host-inventory.js';
import { noLab, run, runVirtbs } from './run-virtbs.js';

/** Starts a cycle and sends it a signal as soon as it says something; resolves with how it ended. */
async function cycleUntil(directory: string, words: string, signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
  const virtbs = join(await packageDirectory(), 'bin', 'virtbs');
  const args = [virtbs, '-v', 'cycle', 'roles', 'plain:2'];
  const child = spawn(process.execPath, args, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  for await (const line of createInterface({ input: child.stderr })) if (line.startsWith(words)) child.kill(signal);
  const [code, killedBy] = await ended;
  return code ?? killedBy ?? 'SIGKILL';
}

/** Words of the verbose output, each said when that much is done. */
const POINTS = ['lock:', 'inspect:', 'seeds:', 'wipe:', 'networks:', 'plain-60: started', 'files:'];

t.test('a cycle that is interrupted or killed at any point is put right by the next', { skip: noLab }, async (t) => {
  const directory = t.testdir();
  const before = await takeInventory(directory);
  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    for (const words of POINTS) {
      const ending = await cycleUntil(directory, words, signal);
      t.equal(ending, signal === 'SIGINT' ? 130 : 'SIGKILL', `${signal} at "${words}"`);
    }
    const { code, stderr } = await runVirtbs(directory, 'cycle', 'roles', 'plain:1');
    t.equal(code, 0, stderr);
    t.equal((await run(directory, ['ssh', '-F', 'sshconf-bs1', 'plain', 'hostname'])).stdout, 'plain-60');
    t.strictSame((await takeInventory(directory)).domains, ['bs1-plain-60']);
  }
  for (const words of POINTS.slice(3)) {
    await cycleUntil(directory, words, 'SIGKILL');
    t.equal((await runVirtbs(directory, 'wipe')).code, 0, `a wipe after a kill at "${words}"`);
    t.strictSame(await takeInventory(directory), before);
  }
});

t.test('two cycles of one slice: the second waits for the first, says so, and wins', { skip: noLab }, async (t) => {
  const directory = t.testdir();
  const [first, second] = await Promise.all([
    runVirtbs(directory, 'cycle', 'roles', 'plain:1', '--no-wait'),
    runVirtbs(directory, 'cycle', 'roles', 'plain:2', '--no-wait'),
  ]);
  t.strictSame([first.code, second.code], [0, 0]);
  t.match(first.stderr + second.stderr, /waiting for slice 1: process \d+: cycle of slice 1, since /);
  t.equal((await runVirtbs(directory, 'wipe')).code, 0);
});

t.test('slices that are cycled at once do not get in each other’s way', { skip: noLab }, async (t) => {
  const directory = t.testdir();
  const before = await takeInventory(directory);
  const slices = ['1', '2', '3', '11'];
  const endings = await Promise.all(
    slices.map((slice) => runVirtbs(directory, '-s', slice, 'cycle', 'roles', 'controller:1', '--no-wait')),
  );
  for (const { code, stderr } of endings) t.equal(code, 0, stderr);
  const { stdout } = await runVirtbs(directory, 'ls', '--json');
  t.match(JSON.parse(stdout), {
    slices: slices.map((slice) => ({ slice: Number(slice), vms: [{ power: 'running' }] })),
  });
  for (const { code, stderr } of await Promise.all(slices.map((slice) => runVirtbs(directory, '-s', slice, 'wipe')))) {
    t.equal(code, 0, stderr);
  }
  t.strictSame(await takeInventory(directory), before);
});
