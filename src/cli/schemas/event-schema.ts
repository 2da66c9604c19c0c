import * as z from 'zod';
import type { EventJson } from '../render/json-reporter.js';
import { errorSchema } from './error-schema.js';
import type { Same } from './like-results.js';
import { bytes, milliseconds, time, version } from './members.js';

const phase = z.enum([
  'configuration',
  'lock',
  'inspect',
  'images',
  'seeds',
  'wipe',
  'networks',
  'vms',
  'wait',
  'files',
  'facts',
  'sync',
  'save',
  'restore',
  'clock',
]);

const line = { version, time: time.describe('when it was said') };
const slot = z.string();

const schema = z
  .discriminatedUnion('type', [
    z.object({ ...line, type: z.literal('phase-start'), phase }),
    z.object({ ...line, type: z.literal('phase-end'), phase, milliseconds }),
    z.object({
      ...line,
      type: z.literal('vm'),
      hostname: z.string(),
      phase: z.enum(['defined', 'started', 'booting', 'network', 'ssh', 'cloud-init', 'first-boot', 'ready']),
      detail: z.string().exactOptional().describe('the step of the phase: scripts-user, script setup.sh'),
    }),
    z.object({
      ...line,
      type: z.literal('vm-power'),
      hostname: z.string(),
      power: z.enum(['stopping', 'off', 'rebooting']),
    }),
    z.object({
      ...line,
      type: z.literal('task'),
      task: z.string(),
      vm: z.string().nullable().describe('null for a task that runs where virtbs runs'),
      vms: z.int().describe('on how many VMs it runs'),
      state: z.enum(['running', 'retry', 'ran', 'skipped', 'failed', 'blocked', 'stopped']),
      why: z.string().nullable(),
      milliseconds: z.number().exactOptional(),
    }),
    z.object({ ...line, type: z.literal('vm-gone'), name: z.string() }),
    z.object({ ...line, type: z.literal('lock-wait'), what: z.string(), holder: z.string() }),
    z.object({ ...line, type: z.literal('image-start'), slot, action: z.enum(['download', 'build']) }),
    z.object({
      ...line,
      type: z.literal('image-progress'),
      slot,
      received: bytes,
      total: bytes.nullable().describe('null where the server does not say'),
      bytesPerSecond: z.number().nullable().describe('null at the beginning'),
    }),
    z.object({ ...line, type: z.literal('image-log'), slot, line: z.string() }),
    z.object({ ...line, type: z.literal('image-ready'), slot, build: z.string(), milliseconds }),
    z
      .object({
        ...line,
        type: z.literal('request'),
        service: z.string(),
        method: z.string(),
        path: z.string(),
        status: z.number().nullable(),
        milliseconds,
        requestId: z.string().nullable(),
      })
      .describe('only with --verbose'),
    z.object({ ...line, type: z.literal('note'), message: z.string() }),
    z.object({ ...line, type: z.literal('warning'), message: z.string(), hint: z.string().exactOptional() }),
    z.object({ ...line, type: z.literal('debug'), message: z.string() }).describe('only with --verbose'),
    z
      .object({ ...line, type: z.literal('error'), ...errorSchema.shape.error.shape })
      .describe('the last line of a command that fails'),
  ])
  .meta({ title: 'virtbs: a line on stderr with --progress json' });

/** A line of `--progress json`, checked by the compiler to be what is printed. */
export const eventSchema: Same<EventJson, z.output<typeof schema>> extends true ? typeof schema : never = schema;
