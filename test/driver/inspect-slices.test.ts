import t from 'tap';
import { vmPower } from '../../src/driver/libvirt/inspect-slices.js';

t.test('a VM that turns itself off still runs; one that sleeps is paused', async (t) => {
  t.equal(vmPower('shutting-down'), 'running');
  t.equal(vmPower('suspended'), 'paused');
  t.equal(vmPower('shutoff'), 'off');
});
