import { rm } from 'node:fs/promises';
import t from 'tap';
import { isNewThisBoot } from '../../src/driver/libvirt/is-new-this-boot.js';

t.test('a warning about the host is given once a boot of the host and root', async (t) => {
  const root = t.testdir({ locks: {} });
  const boot = (id: string) => async () => id;
  t.equal(await isNewThisBoot(root, 'no-kvm', boot('a')), true);
  t.equal(await isNewThisBoot(root, 'no-kvm', boot('a')), false);
  t.equal(await isNewThisBoot(root, 'other', boot('a')), true, 'another warning');
  t.equal(await isNewThisBoot(root, 'no-kvm', boot('b')), true, 'the next boot');
  t.equal(await isNewThisBoot(root, 'no-kvm'), true, 'the real number of the boot');
  t.equal(await isNewThisBoot(root, 'no-kvm'), false);
  await rm(root, { recursive: true });
  t.equal(await isNewThisBoot(root, 'no-kvm'), true, 'a root that is not there');
  t.equal(await isNewThisBoot(root, 'no-kvm'), true);
});
