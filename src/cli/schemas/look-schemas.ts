import * as z from 'zod';
import { bytes, dryRun, host, milliseconds, names, power, slice, time, version, vm } from './members.js';

const listedVm = vm.extend({
  uuid: z.string(),
  offset: z.int(),
  power,
  accessAddress: z.string().nullable(),
  image: z.string().nullable().describe('SLOT/BUILD of the first disk that is cloned from an image'),
  memoryMiB: z.int(),
  vcpu: z.int(),
  created: time,
  session: z.string(),
  residentBytes: bytes.describe('memory of the host that it holds'),
  diskBytes: bytes.describe('what its own disks take on the host'),
});

export const lsSchema = z.object({
  version,
  host: host.nullable(),
  slices: z.array(
    z.object({
      slice,
      root: z.string(),
      session: z.string().describe('who made it, as the metadata has it'),
      madeBy: z
        .object({
          kind: z.enum(['ci', 'jenkins', 'gitlab', 'github', 'buildbot', 'terminal', 'process', 'unknown']),
          id: z.string(),
          place: z.string(),
          user: z.string(),
          host: z.string(),
          url: z.string().nullable(),
        })
        .describe('the same in parts'),
      created: time,
      expires: time.nullable().describe('when reap may destroy it'),
      vms: z.array(listedVm),
      networks: z.array(z.object({ name: z.string(), uuid: z.string(), active: z.boolean() })),
    }),
  ),
});

export const statusSchema = z.object({
  version,
  slice,
  vms: z.array(
    vm.extend({
      power,
      accessAddress: z.string().nullable(),
      ssh: z
        .enum(['ready', 'refused', 'silent', 'none'])
        .describe('none: no login is expected, or the VM does not run'),
      reason: z.string().nullable().describe('why there is no login, where ssh says it'),
      cloudInit: z.string().nullable().describe('what cloud-init says of itself; "none" in guests without'),
      uptimeSeconds: z.number().nullable(),
    }),
  ),
});

export const sshConfigSchema = z.object({
  version,
  file: z.string().describe('the file that was changed; where the one that was named leads by a link'),
  line: z.string().nullable().describe('the line that is meant; null for all lines of virtbs'),
  installed: z.boolean().describe('whether the line is there afterwards'),
  change: z.enum(['added', 'removed', 'none']),
  dryRun,
});

export const waitSchema = z.object({ version, slice, vms: z.array(vm) });

export const changesSchema = z.object({
  version,
  slice,
  vms: z.array(
    vm.extend({
      change: z
        .string()
        .describe(
          'start: started, resumed, running (already); stop: stopped, power-cut, off (already); reboot: rebooted, reset, started',
        ),
    }),
  ),
});

export const runSchema = z.object({
  version,
  slice,
  vms: z.array(
    z.object({
      hostname: z.string(),
      exitCode: z.int().describe("the command's, or 255 where ssh could not log in"),
      stdout: z.string().describe('of each stream 1 MiB at most; a line in the middle says how much is left out'),
      stderr: z.string(),
      omittedBytes: z.object({ stdout: z.int(), stderr: z.int() }).describe('what was printed and is left out'),
      milliseconds,
    }),
  ),
});

export const copySchema = z.object({
  version,
  slice,
  vms: z.array(
    z.object({
      hostname: z.string(),
      by: z.enum(['rsync', 'tar', 'scp', 'cp']).describe('what copied; cp on this machine'),
      milliseconds,
    }),
  ),
});

const rate = z.number().min(0).describe('bytes in a second');

export const topSchema = z.object({
  version,
  host: host.nullable(),
  vms: z.array(
    z.object({
      slice,
      hostname: z.string(),
      domain: z.string(),
      power,
      vcpu: z.int(),
      cpuPercent: z.number().min(0).describe('of one processor'),
      memoryMiB: z.int(),
      residentBytes: bytes,
      diskBytes: bytes,
      readRate: rate,
      writeRate: rate,
      receiveRate: rate,
      sendRate: rate,
    }),
  ),
});

export const graphSchema = z.object({ version, format: z.string(), text: z.string() });

export const configSchema = z.object({
  version,
  values: z.record(z.string(), z.unknown()).describe('the merged sections, as the files have them'),
  sources: z.record(z.string(), z.unknown()).describe('the same maps with where each value came from in its place'),
});

export const configListSchema = z.object({
  version,
  kind: z.enum(['layers', 'roles', 'networks']),
  names: z.array(
    z.object({ name: z.string(), related: names.describe('roles of a layer or network, layers of a role') }),
  ),
});

export const hostCheckSchema = z.object({
  version,
  findings: z.array(
    z.object({
      check: z.string(),
      level: z.enum(['ok', 'warn', 'fail']),
      message: z.string(),
      cure: z.string().nullable().describe('what to type or change'),
    }),
  ),
});

export const hostPrepareSchema = z.object({
  version,
  dryRun: z.boolean(),
  steps: z.array(z.object({ what: z.string(), commands: z.array(names).describe('each a program and its arguments') })),
});

export const initSchema = z.object({ version, file: z.string().describe('the file that was written, absolute') });

export const payloadLsSchema = z.object({
  version,
  payloads: z.array(
    z.object({
      name: z.string(),
      path: z.string().describe('its folder'),
      title: z.string().nullable().describe('what it is; null where it does not say'),
      vms: z.number().describe('the number of VMs of its own topology'),
      memoryMiB: z.number().describe('the memory of all its VMs'),
      diskBytes: bytes.nullable().describe('disk space of this machine, images included'),
      minutes: z.number().nullable().describe('the time from nothing, where VMs are emulated'),
    }),
  ),
});
