import t from 'tap';
import { openMemoryDriver, createMemoryWorld } from '../../src/driver/memory/memory-driver.js';
import type { DriverFeatures } from '../../src/driver/types.js';
import { slicePaths } from '../../src/filenames.js';
import { checkFirstBoots, prepareSeeds } from '../../src/slice/slice-creation.js';
import { planWith } from '../plan/plan-of.js';

const CONTEXT = { emit: () => undefined, signal: new AbortController().signal };

t.test('what is too long for a cloud, and what would never be given, is told before anything is made', async (t) => {
  const root = t.testdir({});
  const [recipes, paths] = [{ mini: { mini: {} } }, slicePaths(root, 1)];
  const plan = await planWith(
    [
      `machine_matrix.roles.plain.scripts=[{inline: "${'x'.repeat(3000)}"}]`,
      `machine_matrix.roles.worker.user_data="#cloud-config\\nwrite_files: [{path: /x, content: ${'y'.repeat(3000)}}]\\n"`,
    ],
    1,
    'plain:1',
    'worker:1',
  );
  const { features } = openMemoryDriver(createMemoryWorld(), root);
  const driverOf = (more: Partial<DriverFeatures>) =>
    Object.defineProperty(openMemoryDriver(createMemoryWorld(), root), 'features', { value: { ...features, ...more } });
  const check = async (more: Partial<DriverFeatures>, wait = true) =>
    await checkFirstBoots(plan.vms, { driver: driverOf(more), images: { recipes, root }, wait });

  await t.rejects(check({ limits: { plan: 3000, userData: 1 } }), {
    code: 'plan-invalid',
    message: /^plain-60: the texts of its first boot are too long for /,
  });
  await t.rejects(check({ guests: true }, false), { code: 'usage', message: /^plain-60: / });
  const firstBoots = await check({ limits: { plan: 9000, userData: 3000 } });
  const driver = driverOf({ limits: { plan: 9000, userData: 3000 } });
  await t.rejects(prepareSeeds(plan, paths, { ...CONTEXT, firstBoots, driver }), {
    code: 'plan-invalid',
    message: /^worker-20: its user data has \d+ bytes, .* takes 3000$/,
  });
  const sharing = await planWith(
    [`machine_matrix.roles.plain.share={/src: ${root}, /none: ${root}/none}`],
    1,
    'plain:1',
  );
  const share = async (
    more: Partial<DriverFeatures>,
    images: Parameters<typeof checkFirstBoots>[1]['images']['recipes'] = {},
  ) => await checkFirstBoots(sharing.vms, { driver: driverOf(more), images: { recipes: images, root }, wait: true });
  const { unable } = (await import('../../src/driver/openstack/definition.js')).driver.features({
    connect: '',
    settings: undefined,
  });
  await t.rejects(share({ unable }), {
    code: 'driver-unable',
    message: /^VMs cannot see folders of this machine: its VMs are in a cloud; virtbs sync /,
  });
  await t.rejects(share({}), {
    code: 'plan-invalid',
    message: /^plain-60: share: \/none: .*: there is no such folder$/,
  });
  const { seeds } = await prepareSeeds(plan, paths, { ...CONTEXT, firstBoots });
  t.match(seeds.get('plain-60'), { steps: /^[\da-f]{64}$/ });
  t.match(seeds.get('worker-20'), { steps: undefined });
});
