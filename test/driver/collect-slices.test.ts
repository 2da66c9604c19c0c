import t from 'tap';
import { collectSlices } from '../../src/driver/collect-slices.js';
import type { VmState } from '../../src/driver/types.js';

function owner(created: string, expires: string | null, slice = 1) {
  return { slice, root: '/srv', created, session: `session of ${created}`, expires };
}

function vm(offset: number, ownership: ReturnType<typeof owner>) {
  return { ownership, state: { offset, hostname: `vm-${offset}` } as VmState };
}

function network(ownership: ReturnType<typeof owner>) {
  return { ownership, state: { name: `net-${ownership.created}`, uuid: '', active: true, plans: [] } };
}

t.test('a slice belongs to who built its newest VM, and ends with the last of its VMs', async (t) => {
  const networks = [network(owner('2026-09', '2026-09-02'))];
  const vms = [vm(3, owner('2026-01', '2026-05')), vm(2, owner('2026-02', '2026-04'))];
  t.match(collectSlices(vms, networks), [
    {
      slice: 1,
      session: 'session of 2026-02',
      created: '2026-02',
      expires: '2026-05',
      vms: [{ offset: 2 }, { offset: 3 }],
    },
  ]);
  t.match(collectSlices([...vms, vm(4, owner('2026-01', null))], networks), [{ expires: null }], 'one is to stay');
});

t.test('networks are asked only where there are no VMs', async (t) => {
  const networks = [network(owner('2026-02', '2026-03', 10)), network(owner('2026-01', '2026-02', 2))];
  t.match(collectSlices([], networks), [
    { slice: 2, session: 'session of 2026-01', expires: '2026-02' },
    { slice: 10, session: 'session of 2026-02', expires: '2026-03' },
  ]);
});
