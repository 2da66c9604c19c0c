import { join } from 'node:path';
import t from 'tap';
import { createMemoryWorld, openMemoryDriver } from '../../src/driver/memory/memory-driver.js';
import type { Driver, VmState } from '../../src/driver/types.js';
import { slicePaths } from '../../src/filenames.js';
import type { SlicePlan } from '../../src/plan/plan.js';
import { prepareSliceDirectories } from '../../src/slice/prepare-slice-directories.js';
import { readInventory } from '../../src/slice/read-inventory.js';
import { writeSliceRecord } from '../../src/slice/slice-record.js';
import { planOf } from '../plan/plan-of.js';

const CONTEXT = { emit: () => undefined, signal: new AbortController().signal };

/** A slice of a controller, two workers and a machine without a system. */
async function setUp(root: string) {
  const world = createMemoryWorld();
  const driver = openMemoryDriver(world, root);
  const plan = await planOf(1, 'controller:1', 'worker:2', 'pxe:1');
  await driver.create(
    { plan, images: new Map(), seeds: new Map(), created: '2026-01-02T03:04:00.000Z', session: 'me@here' },
    CONTEXT,
  );
  const change = (domain: string, state: Partial<VmState>): void => {
    const entry = world.domains.get(domain);
    if (entry?.ours) {
      world.domains.set(domain, { ...entry, ours: { ...entry.ours, state: { ...entry.ours.state, ...state } } });
    }
  };
  return { driver, plan, change };
}

t.test('VMs that run and can be logged in to are in the inventory, with all that their plan says', async (t) => {
  const root = t.testdir();
  const { driver, plan, change } = await setUp(root);
  change('bs1-worker-21', { power: 'off' });
  const { hosts } = await readInventory({ slice: 1, driver, root, outputDirectory: '/work' }, CONTEXT);
  t.strictSame(
    hosts.map(({ hostname }) => hostname),
    ['controller-02', 'worker-20'],
  );
  t.strictSame(hosts[0]?.interfaces, plan.vms[0]?.interfaces);
});

t.test('a VM whose plan was not kept is reached at the address of its metadata', async (t) => {
  const root = t.testdir();
  const { driver, change } = await setUp(root);
  change('bs1-controller-02', { plan: null });
  const { hosts } = await readInventory({ slice: 1, driver, root, outputDirectory: '/work' }, CONTEXT);
  t.match(hosts[0], { hostname: 'controller-02', accessAddress: '172.16.17.2', interfaces: [], labels: {} });
});

t.test('known hosts are where cycle wrote them; where that is not known, in the folder that is told', async (t) => {
  const root = t.testdir();
  const { driver } = await setUp(root);
  const options = { slice: 1, driver, root, outputDirectory: '/work' };
  const args = async (): Promise<unknown> => (await readInventory(options, CONTEXT)).vars['ansible_ssh_common_args'];
  t.match(await args(), '/work/known_hosts-bs1');
  const paths = slicePaths(root, 1);
  await prepareSliceDirectories(paths);
  await writeSliceRecord(paths, { version: 1, files: [join('/elsewhere', 'known_hosts-bs1')] });
  t.match(await args(), '/elsewhere/known_hosts-bs1');
});

t.test('VMs that are reached otherwise than planned are so through the ssh configuration of the slice', async (t) => {
  const root = t.testdir();
  const { driver, plan, change } = await setUp(root);
  change('bs1-controller-02', { power: 'off' });
  const access = { jump: 'controller-02', users: { 'worker-20': 'debian' } };
  const reached: SlicePlan[] = [];
  const reach: Driver['reach'] = async (asked) => {
    reached.push(asked);
    return { ...asked, access };
  };
  const inventory = await readInventory(
    { slice: 1, driver: { ...driver, reach }, root, outputDirectory: '/work' },
    CONTEXT,
  );
  t.strictSame(reached[0]?.vms, plan.vms);
  t.match(inventory.vars, { ansible_ssh_common_args: '-F /work/sshconf-bs1', ansible_user: 'stack' });
  t.match(inventory.hosts, [
    { hostname: 'worker-20', accessAddress: 'worker-20', user: 'debian' },
    { hostname: 'worker-21', accessAddress: 'worker-21', user: 'stack' },
  ]);
  t.equal(inventory.hosts.length, 2);
});

t.test('a slice that does not exist has no hosts', async (t) => {
  const root = t.testdir();
  const { driver } = await setUp(root);
  const { hosts } = await readInventory({ slice: 2, driver, root, outputDirectory: '/work' }, CONTEXT);
  t.strictSame(hosts, []);
});
