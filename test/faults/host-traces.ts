import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_ROOT } from '../../src/filenames.js';
import { run } from '../e2e/run-virtbs.js';

/** Folders in which libvirt and virtbs keep what they make. */
const FOLDERS = [DEFAULT_ROOT, '/etc/libvirt', '/run/libvirt', '/var/lib/libvirt'];
const SHOWN = 240;

/**
 * Everything on a throw-away host that a slice could leave behind, a line each: domains, networks, devices, processes, and files. A file that
 * locks are taken on is no trace while it is empty: it names whoever holds it. Nor are those that libvirt keeps of a network that it ran once.
 */
export async function takeTraces(...directories: readonly string[]): Promise<readonly string[]> {
  const [domains, networks, devices, processes, ...files] = await Promise.all([
    lines('domain', 'virsh', '-q', 'list', '--all', '--name'),
    lines('network', 'virsh', '-q', 'net-list', '--all', '--name'),
    readdir('/sys/class/net'),
    listProcesses(),
    ...[...FOLDERS, ...directories].map(listFiles),
  ]);
  const found = [
    ...domains,
    ...networks,
    ...devices.map((device) => `device ${device}`),
    ...processes,
    ...files.flat(),
  ];
  return [...new Set(found)].sort();
}

/** What is there and was not, and what was and is not any more. */
export function compareTraces(before: readonly string[], after: readonly string[]): readonly string[] {
  const [then, now] = [new Set(before), new Set(after)];
  const left = after.filter((line) => !then.has(line)).map((line) => `left: ${line}`);
  return [...left, ...before.filter((line) => !now.has(line)).map((line) => `gone: ${line}`)];
}

async function lines(what: string, ...command: readonly string[]): Promise<string[]> {
  const { code, stdout, stderr } = await run('/', command);
  if (code !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
  return stdout.split('\n').flatMap((line) => (line.trim() === '' ? [] : [`${what} ${line.trim()}`]));
}

async function listProcesses(): Promise<readonly string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const processes = ids.map(async (id) => {
    const command = await readFile(join('/proc', id, 'cmdline'), 'utf8').catch(() => '');
    const status = await readFile(join('/proc', id, 'status'), 'utf8').catch(() => '');
    // Our own looking around, and what has ended, meanwhile or only waiting to be told of.
    const own = /^PPid:\s*0$/m.test(status) || status.includes(`PPid:\t${process.pid}\n`);
    const passing = own || command === '' || status === '';
    return passing ? [] : [`process ${command.replaceAll('\0', ' ').trim().slice(0, SHOWN)}`];
  });
  return (await Promise.all(processes)).flat();
}

/** A folder that another slice removes meanwhile is passed over, as it would have been a moment later. */
async function listFiles(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const found = entries.map(async (entry): Promise<readonly string[]> => {
    const path = join(directory, entry.name);
    if (entry.isSymbolicLink()) return [`link ${path} -> ${await readlink(path).catch(() => '')}`];
    if (path.startsWith('/run/libvirt/network/virtbs-build')) return [];
    if (entry.isDirectory()) return [`folder ${path}`, ...(await listFiles(path))];
    if (path.endsWith('.lock') && (await lstat(path).catch(() => null))?.size === 0) return [];
    return [`file ${path}`];
  });
  return (await Promise.all(found)).flat();
}
