import { join } from 'node:path';
import t from 'tap';
import { buildImages } from '../../src/image/build-images.js';
import { readyAllImages } from '../../src/image/ready-all-images.js';
import { runProgram } from '../../src/process/run-program.js';
import { listTree } from './list-tree.js';

const context = { emit: () => undefined, signal: new AbortController().signal };

t.test('images are made ready at once and told in the order asked for', async (t) => {
  const root = t.testdir();
  const base = join(root, 'base.qcow2');
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', base, '64M']);
  const recipe = { image_download: { url: base, insecure: true } };
  const recipes = { one: recipe, two: recipe };
  const builds = await buildImages(['two', 'one', 'two'], { recipes, root }, context);
  t.strictSame(
    builds.map(({ slot }) => slot),
    ['two', 'one'],
  );
});

t.test('a file of this machine that has changed is taken anew, unless a digest holds it fast', async (t) => {
  const root = t.testdir();
  const base = join(root, 'base.qcow2');
  const create = async (size: string) => await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', base, size]);
  const recipes = { local: { image_download: { url: base, insecure: true } } };
  const ready = async () => (await buildImages(['local'], { recipes, root }, context))[0];
  await create('64M');
  const first = await ready();
  t.strictSame(await ready(), first);
  await create('65M');
  const second = await ready();
  t.not(second?.build, first?.build);
  t.equal(second?.virtualSize, 65 * 1024 ** 2);
});

t.test('when one fails the others are stopped, and the failure is told once nothing runs any more', async (t) => {
  const root = t.testdir({ mini: { build: '#!/bin/sh\nexec sleep 600\n' } });
  await runProgram('chmod', ['755', join(root, 'mini/build')]);
  const recipes = {
    slow: { mini: {} },
    missing: { image_download: { url: join(root, 'missing.qcow2'), insecure: true } },
  };
  const source = { recipes, root, miniDirectory: join(root, 'mini') };
  const requests = ['slow', 'missing'].map((slot) => ({ slot, tag: 'default' }));
  await t.rejects(readyAllImages(requests, source, context), { message: /missing\.qcow2/ });
  t.notOk((await listTree(join(root, 'images'))).some((path) => path.includes('.building')));
});

t.test('an unknown slot is a wrong word, told with the nearest right one', async (t) => {
  const source = { recipes: { mini: { mini: {} } }, root: t.testdir() };
  await t.rejects(buildImages(['mni'], source, context), { code: 'usage', message: /did you mean "mini"/ });
});
