import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { runScript } from '../bin/run-script.js';

const skip = existsSync('/usr/bin/buildbot') ? false : 'no buildbot here: bin/packages --install --for test';

t.test('what becomes of the arguments of a worker of Buildbot', { skip }, async (t) => {
  const folder = join(await packageDirectory(), 'integrations', 'buildbot');
  const args = ['-B', '-m', 'unittest', 'discover', '-s', 'tests'];
  const { status, stderr } = await runScript('/usr/bin/python3', args, { cwd: folder });
  t.equal(status, 0, stderr);
  t.match(stderr, /Ran \d\d tests/);
});
