import { dirname } from 'node:path';
import { findings, type Finding } from './finding.js';
import type { Host } from './host.js';

const { ok, warn, fail } = findings('resources');

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const LEAST_MEMORY = 512 * MIB;
const GOOD_MEMORY = 2 * GIB;
const LEAST_DISK = 256 * MIB;
const GOOD_DISK = 10 * GIB;
const LEAST_INODES = 100;
const GOOD_INODES = 10_000;

/** Memory that can be had, disk space and inodes where the root is or will be. */
export async function checkResources(host: Host, root: string): Promise<readonly Finding[]> {
  const [, kilobytes] = /^MemAvailable:\s+(\d+) kB$/m.exec((await host.read('/proc/meminfo')) ?? '') ?? [];
  const place = await existing(host, root);
  const space = await host.space(place);
  const memory =
    kilobytes === undefined
      ? []
      : [
          grade(Number(kilobytes) * 1024, [LEAST_MEMORY, GOOD_MEMORY], {
            text: `${gibibytes(Number(kilobytes) * 1024)} of memory available`,
            cure: 'stop what is not needed: virtbs ls shows the slices, virtbs -s N wipe frees one',
          }),
        ];
  if (!space) return memory;
  const cure = `make room on the file system of ${place}, or choose another with --root`;
  const disk = grade(space.freeBytes, [LEAST_DISK, GOOD_DISK], {
    text: `${gibibytes(space.freeBytes)} of disk free at ${place}`,
    cure,
  });
  if (space.inodes === 0) return [...memory, disk];
  const inodes = { text: `${space.freeInodes} inodes free at ${place}`, cure };
  return [...memory, disk, grade(space.freeInodes, [LEAST_INODES, GOOD_INODES], inodes)];
}

function grade(
  value: number,
  [least, good]: readonly [number, number],
  { text, cure }: { readonly text: string; readonly cure: string },
): Finding {
  if (value < least) return fail(text, cure);
  return value < good ? warn(text, cure) : ok(text);
}

async function existing(host: Host, path: string): Promise<string> {
  const up = dirname(path);
  return up === path || (await host.stat(path)) !== null ? path : await existing(host, up);
}

function gibibytes(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
