import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { openWorkplace } from '../../src/workplace/open-workplace.js';

const PAYLOAD = `
tasks:
  there: { on: all, script: there.sh }
  here: { on: here, script: here.sh, reads: [more] }
`;
const OWN = 'tasks: { mine: { on: here, run: ls } }\n';

t.test(
  'a task of a payload that runs here has all files of the payload in its key, others have what they name',
  async (t) => {
    const directory = t.testdir({
      payload: { 'virtbs.yaml': PAYLOAD, 'there.sh': '', 'here.sh': '', more: {}, 'README.md': '', '.hidden': '' },
      'own.yaml': OWN,
    });
    const { signal } = new AbortController();
    await using place = openWorkplace({
      cwd: directory,
      env: {},
      packageDirectory: await packageDirectory(),
      payload: './payload',
      files: ['own.yaml'],
      emit: () => undefined,
      signal,
    });
    const { tasks } = await place.configuration();
    const path = (name: string): string => join(directory, 'payload', name);
    t.strictSame(tasks['here']?.reads, [path('more'), path('there.sh'), path('virtbs.yaml')]);
    t.strictSame(tasks['there']?.reads, []);
    t.strictSame(tasks['mine']?.reads, [], 'it runs in another folder');
  },
);

t.test('the root of a payload from elsewhere is that of the files, or of the command line', async (t) => {
  const directory = t.testdir({ 'own.yaml': 'paths: { virtbs_root: /nowhere/of/files }\n' });
  const { signal } = new AbortController();
  const open = async (root?: string): Promise<unknown> => {
    await using place = openWorkplace({
      cwd: directory,
      env: {},
      packageDirectory: await packageDirectory(),
      payload: `file:///gone.tar#sha256=${'0'.repeat(64)}`,
      files: ['own.yaml'],
      ...(root !== undefined && { root }),
      emit: () => undefined,
      signal,
    });
    return await place.configuration();
  };
  await t.rejects(open(join(directory, 'root')), { code: 'payload-unavailable' });
  t.strictSame(await readdir(join(directory, 'root/payloads')), []);
});
