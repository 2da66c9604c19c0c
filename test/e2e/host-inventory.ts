import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run-virtbs.js';

/** What a slice could leave behind on a host. */
export interface HostInventory {
  readonly domains: readonly string[];
  readonly networks: readonly string[];
  readonly devices: readonly string[];
  readonly programs: readonly string[];
  readonly files: readonly string[];
}

/** Programs that belong to slices, by the beginnings of their names. */
const SLICE_PROGRAMS = ['qemu', 'dnsmasq', 'ssh'];

/** Takes stock of the host: libvirt's objects, network devices, programs, and files but for keys, locks and images. */
export async function takeInventory(...directories: readonly string[]): Promise<HostInventory> {
  const [domains, networks, devices, programs] = await Promise.all([
    lines('virsh', '-q', 'list', '--all', '--name'),
    lines('virsh', '-q', 'net-list', '--all', '--name'),
    readdir('/sys/class/net'),
    lines('ps', '-e', '-o', 'comm='),
  ]);
  return {
    domains: domains.sort(),
    networks: networks.sort(),
    devices: devices.sort(),
    programs: programs.filter((program) => SLICE_PROGRAMS.some((name) => program.startsWith(name))).sort(),
    files: (await Promise.all(['/srv/virtbs', ...directories].map(listFiles))).flat().sort(),
  };
}

async function lines(...command: readonly string[]): Promise<string[]> {
  const { stdout } = await run('/', command);
  return stdout
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

async function listFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => !entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name));
  return files.filter((file) => !/^\/srv\/virtbs\/(keys|locks|images|downloads)\//.test(file));
}
