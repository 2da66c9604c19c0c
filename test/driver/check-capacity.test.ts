import t from 'tap';
import { checkCapacity, type HostCapacity } from '../../src/driver/check-capacity.js';
import { loadConfiguration } from '../../src/config/load-configuration.js';
import { packageDirectory } from '../../src/package-directory.js';
import { DEFAULT_CAPACITY } from '../../src/config/capacity.js';
import { planOf } from '../plan/plan-of.js';

const GIB = 1024 ** 3;
const ROOMY: HostCapacity = { memoryBytes: 64 * GIB, cpus: 16, vcpusTaken: 0, diskBytes: 500 * GIB };

t.test('a plan that fits passes, and one that does not is refused for what is too little', async (t) => {
  const plan = await planOf(1, 'plain:4');
  const memory = plan.vms.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0) * 1024 ** 2;
  const disk = plan.vms.flatMap(({ disks }) => disks).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const check =
    (host: Partial<HostCapacity>, settings = {}) =>
    () =>
      checkCapacity(plan, { ...ROOMY, ...host }, { ...DEFAULT_CAPACITY, ...settings });
  t.doesNotThrow(check({}));

  const { reserveMemory, reserveDisk } = DEFAULT_CAPACITY;
  t.doesNotThrow(check({ memoryBytes: memory + reserveMemory }), 'to the last byte');
  t.throws(check({ memoryBytes: memory + reserveMemory - 1 }), { code: 'not-enough-memory' });
  t.doesNotThrow(check({ memoryBytes: memory / 2 + reserveMemory }, { memoryOvercommit: 2 }));
  t.throws(check({ memoryBytes: reserveMemory - 1 }, { memoryOvercommit: 1e9 }), { code: 'not-enough-memory' });

  t.doesNotThrow(check({ cpus: 1, vcpusTaken: 4 }), '4 of ours beside 4 others on 1 · 8');
  t.throws(check({ cpus: 1, vcpusTaken: 5 }), { code: 'not-enough-vcpu', message: /4 vcpus beside the 5/ });
  t.doesNotThrow(check({ cpus: 1, vcpusTaken: 5 }, { vcpuOvercommit: 9 }));

  t.doesNotThrow(check({ diskBytes: disk / 10 + reserveDisk }));
  t.throws(check({ diskBytes: disk / 10 + reserveDisk - 1 }), { code: 'not-enough-disk' });
  t.throws(check({ diskBytes: disk }, { reserveDisk: disk + 1 }), { code: 'not-enough-disk' });
  t.doesNotThrow(check({ diskBytes: null }), 'where nobody knows');
});

t.test('an empty plan fits wherever there is room for the reserve', async (t) => {
  const empty = { version: 1, slice: 1, networks: [], vms: [] } as const;
  t.doesNotThrow(() => checkCapacity(empty, { ...ROOMY, memoryBytes: 0 }, DEFAULT_CAPACITY));
  t.throws(() => checkCapacity(empty, { ...ROOMY, diskBytes: 1 }, DEFAULT_CAPACITY), { code: 'not-enough-disk' });
});

t.test('the shipped settings are those of programs that read none, and files change them one by one', async (t) => {
  const directory = await packageDirectory();
  const options = { packageDirectory: directory, cwd: directory, files: [] };
  t.strictSame((await loadConfiguration({ ...options, overrides: [] })).capacity, DEFAULT_CAPACITY);
  const overrides = [{ kind: 'literal' as const, text: 'capacity.reserve_memory=2GiB' }];
  const { capacity } = await loadConfiguration({ ...options, overrides });
  t.strictSame(capacity, { ...DEFAULT_CAPACITY, reserveMemory: 2 * GIB });
  for (const text of ['capacity.memory_overcommit=0', 'capacity.vcpu_overcommit=a lot', 'capacity.reserve=1GiB']) {
    await t.rejects(loadConfiguration({ ...options, overrides: [{ kind: 'literal', text }] }), {
      code: 'config-invalid',
    });
  }
});
