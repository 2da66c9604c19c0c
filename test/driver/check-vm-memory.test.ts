import t from 'tap';
import { checkVmMemory, memoryLimit, readMemoryLimit } from '../../src/driver/libvirt/check-vm-memory.js';
import { planOf } from '../plan/plan-of.js';

const MEMINFO = `MemTotal:       16777216 kB
MemFree:         1000000 kB
SwapTotal:       1048576 kB
CommitLimit:     8388608 kB
Committed_AS:     123456 kB
`;

t.test('the kernel grants one program memory and swap, its limit, or anything, by its mode', (t) => {
  t.match(memoryLimit('0\n', MEMINFO), { bytes: 17 * 1024 ** 3, rule: /overcommit_memory is 0/ });
  t.match(memoryLimit('2\n', MEMINFO), { bytes: 8 * 1024 ** 3, rule: /CommitLimit.*overcommit_memory is 2/ });
  t.equal(memoryLimit('1\n', MEMINFO), null);
  t.equal(memoryLimit('', ''), null, 'a host that does not tell');
  t.end();
});

t.test('a VM that is larger is refused by its name, whatever all VMs need together', async (t) => {
  const plan = await planOf(1, 'plain:4');
  const bytes = Math.max(...plan.vms.map(({ memoryMiB }) => memoryMiB)) * 1024 ** 2;
  t.doesNotThrow(() => checkVmMemory(plan, { bytes, rule: 'as it is' }), 'to the last byte');
  t.throws(() => checkVmMemory(plan, { bytes: bytes - 1, rule: 'as it is' }), {
    code: 'not-enough-memory',
    message: /^plain-60 \(\d+ MiB\), .*plain-63 .*: no VM can have more than \d+ MiB on this host: as it is$/,
    hint: /vm\.overcommit_memory/,
  });
  t.doesNotThrow(() => checkVmMemory(plan, null));
});

t.test('this machine tells its limit', async (t) => {
  const limit = await readMemoryLimit();
  t.ok(limit === null || limit.bytes > 64 * 1024 ** 2);
});
