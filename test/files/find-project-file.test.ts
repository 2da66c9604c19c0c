import { mkdir, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { fileOwners, findProjectFile, refuseForeign } from '../../src/files/find-project-file.js';

t.test('the next virtbs.yaml in a folder or above it is found, up to the home folder', async (t) => {
  const home = t.testdir({ 'virtbs.yaml': '', one: { 'virtbs.yaml': '', two: { three: {} } } });
  const find = async (cwd: string, last = home): Promise<string | undefined> =>
    (await findProjectFile({ cwd: join(home, cwd), home: last }))?.path;
  t.equal(await find('one/two/three'), join(home, 'one/virtbs.yaml'));
  t.equal(await find('one'), join(home, 'one/virtbs.yaml'));
  t.equal(await find('.'), join(home, 'virtbs.yaml'), 'the home folder itself counts');
  await mkdir(join(home, 'bare/home/work'), { recursive: true });
  t.equal(await find('bare/home/work', join(home, 'bare/home')), undefined, 'nothing above it does');
});

t.test('the search stays on its file system', async (t) => {
  t.equal(await findProjectFile({ cwd: '/proc/self', home: '/nowhere' }), null);
});

const FILE = { uid: 1000, mode: 0o100644, isSymbolicLink: () => false };

t.test('a file of another user, or one that every user may write to, is refused with the way to use it', async (t) => {
  const refused = { code: 'project-foreign', message: /^\/tmp\/virtbs\.yaml: /, hint: /--project \/tmp\/virtbs\.yaml/ };
  const refuse = (found: Partial<typeof FILE>, uid: number, sudoUid?: number): void =>
    refuseForeign('/tmp/virtbs.yaml', { ...FILE, ...found }, { uid, sudoUid });
  refuse({}, 1000);
  refuse({ uid: 0 }, 1000);
  refuse({ mode: 0o100664 }, 1000);
  refuse({}, 0, 1000);
  refuse({ mode: 0o120777, isSymbolicLink: () => true }, 1000);
  t.throws(() => refuse({}, 1001), refused);
  t.throws(() => refuse({}, 0), refused, 'root does not follow a user that did not call sudo');
  t.throws(() => refuse({}, 0, 1001), refused);
  t.throws(() => refuse({ mode: 0o100666 }, 1000), { ...refused, hint: /^chmod o-w/ });
});

t.test('the owner of a link counts as well as that of the file behind it', async (t) => {
  const folder = t.testdir({ 'real.yaml': '' });
  await symlink('real.yaml', join(folder, 'virtbs.yaml'));
  const uid = (await stat(folder)).uid;
  const find = async (owners: { readonly uid: number }): Promise<() => void> => {
    const found = await findProjectFile({ cwd: folder, owners });
    const behind = await stat(join(folder, 'real.yaml'));
    return () => found?.accept?.(behind);
  };
  t.doesNotThrow(await find({ uid }));
  if (uid !== 0) t.throws(await find({ uid: uid + 1 }), { code: 'project-foreign' });
});

t.test('who called sudo is believed of root alone', async (t) => {
  const { uid, sudoUid } = fileOwners({ SUDO_UID: '1000' });
  t.equal(sudoUid, uid === 0 ? 1000 : undefined);
  t.equal(fileOwners({ SUDO_UID: 'x' }).sudoUid, undefined);
});
