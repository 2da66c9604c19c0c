import type { Test } from 'tap';
import { run, runVirtbs, type Ending } from './run-virtbs.js';

/** Builds slice 1, hands over a folder with its files, and takes it down whatever happens. */
export async function withSlice(
  t: Test,
  topology: readonly string[],
  work: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = t.testdir();
  try {
    const { code, stderr } = await runVirtbs(directory, 'cycle', 'roles', ...topology);
    t.equal(code, 0, stderr);
    if (code === 0) await work(directory);
  } finally {
    const { code, stderr } = await runVirtbs(directory, 'wipe');
    t.equal(code, 0, stderr);
  }
}

export async function ssh(directory: string, host: string, command: string): Promise<Ending> {
  return await run(directory, ['ssh', '-F', 'sshconf-bs1', host, command]);
}

export async function bootId(directory: string, host: string): Promise<string> {
  return (await ssh(directory, host, 'cat /proc/sys/kernel/random/boot_id')).stdout;
}

/** What a command says that it did to each VM. */
export async function changes(t: Test, directory: string, ...args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await runVirtbs(directory, ...args, '--json');
  t.equal(code, 0, stderr);
  const { vms } = JSON.parse(stdout) as { vms: { hostname: string; change: string }[] };
  return Object.fromEntries(vms.map(({ hostname, change }) => [hostname, change]));
}

export async function powers(directory: string): Promise<unknown> {
  const { stdout } = await runVirtbs(directory, '-s', '1', 'ls', '--json');
  const { slices } = JSON.parse(stdout) as { slices: { vms: { hostname: string; power: string }[] }[] };
  return Object.fromEntries(slices[0]?.vms.map(({ hostname, power }) => [hostname, power]) ?? []);
}
