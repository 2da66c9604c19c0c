import t from 'tap';
import { openDriver } from '../../src/driver/registry.js';
import { LibvirtPool } from '../../src/libvirt/libvirt-pool.js';
import { planOf } from '../plan/plan-of.js';

t.test('a slice is looked at, checked and destroyed with two lists of what libvirt has', async (t) => {
  const lists = (['listDomains', 'listNetworks'] as const).map((name) => {
    const method: unknown = Object.getOwnPropertyDescriptor(LibvirtPool.prototype, name)?.value;
    return t.capture(LibvirtPool.prototype, name, method as LibvirtPool[typeof name]);
  });
  await using driver = await openDriver('libvirt', { connect: 'test:///default', root: t.testdir() });
  const context = { emit: () => undefined, signal: new AbortController().signal };
  const plan = await planOf(1, 'controller:1');
  const [old] = await driver.inspect({ slice: 1 }, context);
  await driver.check(plan, old, context);
  t.strictSame(
    lists.map((calls) => calls().length),
    [1, 1],
    'what was just seen is not asked for again',
  );
  await driver.destroy(1, context, plan);
  t.strictSame(
    lists.map((calls) => calls().length),
    [1, 1],
  );
  await driver.check(plan, old, context);
  t.strictSame(
    lists.map((calls) => calls().length),
    [1, 1],
    'a later check looks again',
  );
});
