import { join } from 'node:path';
import { packageDirectory } from '../src/package-directory.js';
import { runMeasured, type Figures } from './run-measured.js';

const SLICE = '1';

/** What one person does with a slice, in order; by name. */
export async function measureVirtbs(count: number, directory: string): Promise<ReadonlyMap<string, Figures>> {
  const figures = new Map<string, Figures>();
  const virtbs = join(await packageDirectory(), 'bin', 'virtbs');
  const run = async (name: string, ...args: readonly string[]): Promise<void> => {
    figures.set(name, await runMeasured([virtbs, '-s', SLICE, '-q', '--output-dir', directory, ...args], directory));
  };
  const topology = ['roles', `worker:${count}`, '--json'];
  await run('cycle', 'cycle', ...topology, '--checkpoint=no');
  await run('cycle again', 'cycle', ...topology, '--checkpoint=no');
  await run('cycle, keeping', 'cycle', ...topology, '--checkpoint=yes');
  await run('cycle, restoring', 'cycle', ...topology, '--checkpoint=yes');
  await run('ls', 'ls');
  await run('plan', 'plan', ...topology);
  await run('wipe', 'wipe');
  await run('checkpoint rm', 'checkpoint', 'rm', '--all');
  return figures;
}

/** How the commands that touch nothing compare with a Node.js that does nothing; by name. */
export async function measureStart(rounds: number, directory: string): Promise<Readonly<Record<string, Figures[]>>> {
  const virtbs = join(await packageDirectory(), 'bin', 'virtbs');
  const commands = { 'node -e 0': ['-e', '0'], '--help': [virtbs, '--help'], ls: [virtbs, 'ls'] };
  const start: Record<string, Figures[]> = { 'node -e 0': [], '--help': [], ls: [] };
  // Too short for as few rounds as VMs get.
  for (let round = 0; round < rounds * 5; round++) {
    for (const [name, args] of Object.entries(commands)) start[name]?.push(await runMeasured(args, directory));
  }
  return start;
}
