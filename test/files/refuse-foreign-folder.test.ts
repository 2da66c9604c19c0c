import { chown } from 'node:fs/promises';
import { env, geteuid } from 'node:process';
import t from 'tap';
import { refuseForeignFolder } from '../../src/files/refuse-foreign-folder.js';

t.test('root takes folders of the user who called sudo, and of no other', { skip: geteuid?.() !== 0 }, async (t) => {
  const folder = t.testdir();
  const before = env['SUDO_UID'];
  t.teardown(() => {
    delete env['SUDO_UID'];
    if (before !== undefined) env['SUDO_UID'] = before;
  });
  await chown(folder, 1234, 1234);
  env['SUDO_UID'] = '1234';
  await refuseForeignFolder(folder);
  env['SUDO_UID'] = '1235';
  await t.rejects(refuseForeignFolder(folder), { code: 'file-foreign', message: /belongs to the user 1234/ });
  delete env['SUDO_UID'];
  await t.rejects(refuseForeignFolder(folder), { code: 'file-foreign' });
});
