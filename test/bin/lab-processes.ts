import { readdir, readFile, readlink } from 'node:fs/promises';

/** The process whose command line is exactly this, seen from outside of its lab. */
export async function findProcess(commandLine: readonly string[]): Promise<string | undefined> {
  const wanted = `${commandLine.join('\0')}\0`;
  for (const pid of await listProcesses()) {
    const found = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (found === wanted) return pid;
  }
  return undefined;
}

/** The PID namespace of a process, or undefined where it is gone. */
export async function pidNamespace(pid: string): Promise<string | undefined> {
  return await readlink(`/proc/${pid}/ns/pid`).catch(() => undefined);
}

/** All processes in a PID namespace. */
export async function processesIn(namespace: string): Promise<readonly string[]> {
  const pids = await listProcesses();
  const namespaces = await Promise.all(pids.map((pid) => pidNamespace(pid)));
  return pids.filter((_pid, index) => namespaces[index] === namespace);
}

async function listProcesses(): Promise<readonly string[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
}
