import t from 'tap';
import type { VmFailure } from '../../src/guest/vm-failure.js';
import { describeFailures } from '../../src/slice/describe-failures.js';
import { planOf } from '../plan/plan-of.js';

t.test('one error names every VM that is missing, its phase, the reason and the end of its console', async (t) => {
  const plan = await planOf(1, 'controller:1', 'worker:2');
  const [vm, other] = plan.vms;
  if (!vm || !other) throw new Error('the plan has too few VMs');
  const booting: VmFailure = { vm, phase: 'booting', reason: 'no progress for 300 s', console: ['one', 'two'] };
  const { message, hint, exitCode } = describeFailures(
    plan,
    [booting, { ...booting, vm: other, console: [] }],
    '/logs',
  );
  t.equal(
    message,
    [
      'slice 1: 2 of 3 VMs failed',
      '  controller-02 (booting): no progress for 300 s',
      '    | one',
      '    | two',
      '  worker-20 (booting): no progress for 300 s',
    ].join('\n'),
  );
  t.match(hint, /consoles are in \/logs/);
  t.equal(exitCode, 1);
});

t.test('the hint fits what happened', async (t) => {
  const plan = await planOf(1, 'controller:1');
  const [vm] = plan.vms;
  if (!vm) throw new Error('the plan has no VM');
  const failure = { vm, reason: 'x', console: [] };
  t.match(describeFailures(plan, [{ ...failure, phase: 'defined' }], '/logs').hint, /left running/);
  t.match(describeFailures(plan, [{ ...failure, phase: 'started' }], '/logs').hint, /virt_type: qemu/);
});
