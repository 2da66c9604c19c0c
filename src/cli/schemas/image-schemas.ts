import * as z from 'zod';
import { IMAGE_KINDS } from '../../config/image-recipe.js';
import { bytes, dryRun, names, slice, time, version } from './members.js';

const build = z.object({ slot: z.string(), build: z.string().describe('its id') });
const format = z.enum(['qcow2', 'raw']);
const removed = build.extend({ bytes });

export const imageLsSchema = z.object({
  version,
  builds: z.array(
    build.extend({
      tags: names,
      kind: z.enum(IMAGE_KINDS).nullable().describe('null where the build is incomplete'),
      allocatedBytes: bytes.describe('what its files take up on the disk'),
      virtualBytes: bytes.nullable().describe('what the guest sees'),
      created: time,
      base: z.string().nullable().describe('SLOT/BUILD of the build it stands on'),
      slices: z.array(slice).describe('whose disks lean on it'),
      users: names.describe("their domains, and paths of what is no VM's disk"),
      directory: z.string(),
    }),
  ),
});

const checkpoint = z.object({
  key: z.string(),
  slice: slice.nullable().describe('null where its record cannot be read'),
});

export const checkpointLsSchema = z.object({
  version,
  checkpoints: z.array(
    checkpoint.extend({
      created: time.nullable(),
      used: time.nullable().describe('when it was brought back last, or made'),
      vms: names,
      tasks: names.describe('tasks that are done in it, in the order in which they were done'),
      builds: names.describe('SLOT/BUILD of the images that it stands on'),
      memoryBytes: bytes,
      diskBytes: bytes,
    }),
  ),
});

export const checkpointRmSchema = z.object({
  version,
  dryRun,
  removed: z.array(checkpoint),
  bytes: bytes.describe('what was freed; less where a slice stands on the disks'),
});

export const imageBuildSchema = z.object({
  version,
  builds: z.array(
    build.extend({
      path: z.string(),
      format,
      virtualSize: bytes,
      boot: z
        .object({ kernel: z.string(), initrd: z.string(), cmdline: z.string() })
        .exactOptional()
        .describe('where the guest is booted by a kernel of its own instead of its disk'),
    }),
  ),
});

export const imageAddSchema = build.extend({
  version,
  tags: names,
  virtualSize: bytes,
  base: build.nullable(),
  configured: z.boolean().describe('whether the configuration has the slot'),
});

export const imageExportSchema = build.extend({
  version,
  format,
  files: names.describe('the image first, then what it is booted by'),
  bytes: bytes.describe('length of the image'),
});

export const imageRmSchema = z.object({
  version,
  dryRun,
  builds: z.array(removed),
  tags: z.array(z.object({ slot: z.string(), tag: z.string() })),
  bytes: bytes.describe('what was freed'),
});

export const imageGcSchema = z.object({
  version,
  dryRun,
  builds: z.array(removed),
  files: z.array(z.object({ kind: z.enum(['left-over', 'download', 'log']), path: z.string(), bytes })),
  bytes: bytes.describe('what was freed'),
  younger: z.object({ count: z.int().min(0), bytes }).describe('what nothing needs either, but is too young'),
});

export const tagSchema = z.object({
  version,
  tags: z.array(
    build.extend({ tag: z.string(), previous: z.string().nullable().describe('the build that it pointed to before') }),
  ),
});

export const untagSchema = z.object({
  version,
  dryRun,
  tags: z.array(
    z.object({
      slot: z.string(),
      tag: z.string(),
      build: z.string().nullable().describe('null where there was no such tag'),
    }),
  ),
});
