import type { GuestFacts } from '../output/state.js';

type Disk = GuestFacts['disks'][number];

const SECTOR = 512;

/**
 * A script for the guest's shell that says what the guest is: each line is a word and what it stands for. Nearly all of it is
 * done by the shell itself, for a new process costs an emulated guest more than all the rest. Disks are taken from where lsblk
 * takes them, sysfs, in which serial numbers are there without udev too.
 */
export const FACT_QUESTIONS = [
  'read -r name </proc/sys/kernel/hostname; echo "short ${name%%.*}"',
  'echo "long $(hostname -f 2>/dev/null || hostname)"',
  'while IFS="=" read -r key value; do [ "$key" != PRETTY_NAME ] || echo "system $value"; done </etc/os-release',
  'read -r kernel </proc/sys/kernel/osrelease; echo "kernel $kernel"',
  'echo "arch $(uname -m)"',
  'while read -r key value; do [ "$key" != btime ] || echo "boot $value"; done </proc/stat',
  'read -r id </proc/sys/kernel/random/boot_id; echo "id $id"',
  'for path in /sys/block/*',
  'do [ -e "$path/device" ] || continue',
  'serial=; read -r size <"$path/size"; read -r read_only <"$path/ro"',
  '[ ! -r "$path/serial" ] || read -r serial <"$path/serial"',
  'echo "disk ${path##*/} $size $read_only $serial"',
  'done',
].join('\n');

/** Reads what a guest answered; null where it said nothing, and null for each thing that it did not say. */
export function parseFacts(lines: readonly string[]): GuestFacts | null {
  const words = new Map<string, string>();
  const disks: Disk[] = [];
  for (const line of lines) {
    const [, key = '', value = ''] = /^([a-z]+) (.*)$/.exec(line) ?? [];
    if (key === 'disk') disks.push(parseDisk(value));
    else words.set(key, value.trim());
  }
  const word = (key: string): string | null => words.get(key) || null;
  const boot = Number(word('boot') ?? Number.NaN);
  if (word('short') === null) return null;
  return {
    shortName: word('short'),
    longName: word('long'),
    system: unquoted(word('system')),
    kernel: word('kernel'),
    arch: word('arch'),
    bootTime: Number.isSafeInteger(boot) ? new Date(boot * 1000).toISOString() : null,
    bootId: word('id'),
    // As lsblk, which passes over drives without a medium.
    disks: disks.filter(({ sizeBytes }) => sizeBytes > 0),
  };
}

function parseDisk(line: string): Disk {
  const [name = '', sectors, readOnly, ...serial] = line.split(' ');
  return {
    name,
    sizeBytes: Number(sectors) * SECTOR || 0,
    serial: serial.join(' ').trim() || null,
    readOnly: readOnly === '1',
  };
}

/** Source: os-release(5) */
function unquoted(value: string | null): string | null {
  return value?.replace(/^(["'])(.*)\1$/, '$2') ?? null;
}
