import t from 'tap';
import type { SlicePlan } from '../../src/plan/plan.js';
import { growPlan, type Growth } from '../../src/slice/grow-plan.js';
import { planOf, planWith } from '../plan/plan-of.js';

const names = (vms: readonly { readonly hostname: string }[]): readonly string[] => vms.map(({ hostname }) => hostname);

function summary({ plan, missing, kept, surplus }: Growth): unknown {
  const networks = plan.networks.map(({ name }) => name);
  return [plan.vms, missing, kept, surplus].map(names).concat([networks]);
}

async function packed(...topology: readonly string[]): Promise<SlicePlan> {
  const literals = [
    'machine_matrix.roles.alpha={nets: [net], wait: none}',
    'machine_matrix.roles.beta={nets: [net], wait: none}',
  ];
  return await planWith(literals, 1, ...topology);
}

t.test('what stands stays, what is missing is added', async (t) => {
  const standing = await planOf(1, 'controller:1', 'worker:1');
  const asked = await planOf(1, 'controller:2', 'plain:1');
  const grown = growPlan(standing, asked, { prune: false });
  t.strictSame(summary(grown), [
    ['controller-02', 'controller-03', 'worker-20', 'plain-60'],
    ['controller-03', 'plain-60'],
    ['controller-02'],
    ['worker-20'],
    ['net', 'data'],
  ]);
  t.equal(grown.plan.vms[0], standing.vms[0]);
  t.strictSame(grown.differences, []);
});

t.test('with prune, what is not asked for goes, and networks that nobody is on with it', async (t) => {
  const standing = await planOf(1, 'controller:1', 'worker:1', 'plain:1');
  const grown = growPlan(standing, await planOf(1, 'plain:2'), { prune: true });
  t.strictSame(summary(grown), [
    ['plain-60', 'plain-61'],
    ['plain-61'],
    ['plain-60'],
    ['controller-02', 'worker-20'],
    ['net'],
  ]);
});

t.test('a slice that is as asked for has nothing to do', async (t) => {
  const plan = await planOf(1, 'controller:1', 'disk:2');
  const grown = growPlan(plan, await planOf(1, 'controller:1', 'disk:2'), { prune: true });
  t.strictSame([grown.missing, grown.surplus, grown.differences], [[], [], []]);
  t.strictSame(grown.plan, plan);
});

t.test('what stands and is asked for otherwise is told, and stays', async (t) => {
  const standing = await planOf(1, 'controller:1', 'plain:1');
  const literals = [
    'machine_matrix.roles.controller.memory=256',
    'machine_matrix.roles.controller.disks.more={size: 1GiB}',
    'machine_matrix.roles.controller.labels={tier: db}',
    'network_flags.data.mtu=1400',
  ];
  const grown = growPlan(standing, await planWith(literals, 1, 'controller:2', 'plain:1'), { prune: false });
  t.strictSame(grown.differences, [
    {
      name: 'controller-02',
      kind: 'vm',
      differences: ['memory is 128 MiB, asked for 256 MiB', 'other disks', 'other labels'],
    },
    { name: 'data', kind: 'network', differences: ['mtu is 1500, asked for 1400'] },
  ]);
  t.equal(grown.plan.vms[0]?.memoryMiB, 128);
  t.equal(grown.plan.vms[1]?.memoryMiB, 256);
  t.equal(grown.plan.networks[1]?.mtu, 1500);
});

t.test('a VM that would have the addresses of one that stays is refused, and is not with prune', async (t) => {
  const standing = await packed('alpha:2');
  const asked = await packed('beta:1');
  t.throws(() => growPlan(standing, asked, { prune: false }), {
    code: 'plan-invalid',
    exitCode: 2,
    message: /^beta-02: its addresses are those of alpha-02, .*"beta" a first_offset$/,
  });
  t.strictSame(names(growPlan(standing, asked, { prune: true }).plan.vms), ['beta-02']);
});

t.test('a network that has moved, or is in the way of one that stands, is refused', async (t) => {
  const standing = await planOf(1, 'controller:1');
  const moved = await planWith(['network_flags.data.id=3'], 1, 'controller:2');
  t.throws(() => growPlan(standing, moved, { prune: false }), {
    code: 'plan-invalid',
    message: /^data: .*number 2 .*number 3/,
  });
  const literals = ['network_flags.data.id=3', 'network_flags.other.id=2', 'machine_matrix.roles.plain.nets=[other]'];
  const inTheWay = await planWith(literals, 1, 'plain:1');
  t.throws(() => growPlan(standing, inTheWay, { prune: false }), {
    message: /^other: .* network "data", which stands/,
  });
});
