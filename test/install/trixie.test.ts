import { join } from 'node:path';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { labObstacle } from '../bin/lab-obstacle.js';
import { runScript } from '../bin/run-script.js';

const checkout = await packageDirectory();

t.test(
  'in Debian 13 quickstart works for a new user, and tests pass that boot VMs',
  { skip: await obstacle() },
  async (t) => {
    const { status, stdout, stderr } = await runScript(join(checkout, 'test/distributions'), ['--short', 'trixie']);
    for (const [line] of stdout.matchAll(/^== .*/gm)) t.comment(line);
    if (status !== 0) throw new Error(`${stdout}${stderr}`.slice(-8000));
    t.match(stdout, /^== trixie: quickstart: /m);
    t.match(stdout, /^trixie: [1-9]\d* passed, 0 failed, \d+ skipped$/m);
  },
);

async function obstacle(): Promise<string | false> {
  const lab = await labObstacle();
  if (lab) return lab;
  if (process.env['VIRTBS_LAB']) return 'needs a network, which a lab has not';
  const { status, stderr } = await runScript(join(checkout, 'test/install/in-root'), ['--can', 'trixie']);
  return status === 0 ? false : stderr.trim();
}
