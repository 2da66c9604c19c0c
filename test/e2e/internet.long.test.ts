import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import t from 'tap';
import { stringify } from 'yaml';
import { noLab, run, runVirtbs } from './run-virtbs.js';

const isMade = (await readdir('/srv/virtbs/images/debian-local').catch(() => [])).length > 0;
const noWayOut = env['VIRTBS_TEST_INTERNET']
  ? false
  : 'needs a lab with a way out: bin/lab --internet env VIRTBS_TEST_INTERNET=1';
const noImage = isMade ? false : 'the image debian-local was not built: it needs apt';

/** Two small packages that depend on little, and that no image of ours has. */
const [IN_IMAGE, AT_FIRST_BOOT] = ['hello', 'bc'];

t.test(
  'packages come from the mirror, into an image and at first boot',
  { skip: noLab || noWayOut || noImage },
  async (t) => {
    const directory = t.testdir();
    const image = { image_customize: { base: 'debian-local', packages: [IN_IMAGE] } };
    const plain = {
      memory: '512MiB',
      disks: { root: { size: '5GiB', image_slot: 'greeter' } },
      packages: [AT_FIRST_BOOT],
    };
    const configuration = { image_flow: { greeter: image }, machine_matrix: { greeter: { plain } } };
    await writeFile(join(directory, 'greeter.yaml'), stringify(configuration, { version: '1.1' }));
    t.teardown(() => runVirtbs(directory, 'wipe'));
    const virtbs = async (...words: readonly string[]) => await runVirtbs(directory, '-c', 'greeter.yaml', ...words);
    const built = await virtbs('-v', 'image', 'build', 'greeter');
    t.equal(built.code, 0, built.stderr);
    t.match(built.stderr, /^image greeter: Setting up hello /m);
    const cycled = await virtbs('cycle', 'roles,greeter', 'plain:1', '--timeout', '600');
    t.equal(cycled.code, 0, cycled.stderr);
    t.match(cycled.stderr, `first boot: packages: ${AT_FIRST_BOOT}`);
    const said = await run(directory, ['ssh', '-F', 'sshconf-bs1', 'plain-60', 'hello; echo 6*7 | bc']);
    t.match(said, { code: 0, stdout: 'Hello, world!\n42' });
  },
);
