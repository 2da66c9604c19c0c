import { mkdir, realpath, rename, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readBackingChain } from '../../src/image/read-backing-chain.js';
import { readQcow2Header } from '../../src/image/read-qcow2-header.js';
import { runProgram } from '../../src/process/run-program.js';
import { createOverlay } from './library-bench.js';

async function chainByQemu(path: string): Promise<readonly string[]> {
  const { stdout } = await runProgram('qemu-img', ['info', '--backing-chain', '--output=json', path]);
  return await Promise.all((JSON.parse(stdout) as { filename: string }[]).map(({ filename }) => realpath(filename)));
}

async function folder(t: Test): Promise<string> {
  return await realpath(t.testdir());
}

t.test('a chain by relative and absolute names, of both versions of the format, is what qemu says', async (t) => {
  const directory = await folder(t);
  await mkdir(join(directory, 'below'));
  const [base, middle, top] = ['base.qcow2', 'below/middle.qcow2', 'top'].map((name) => join(directory, name));
  if (!base || !middle || !top) throw new Error('no paths');
  await createOverlay(base, undefined, '-o', 'compat=0.10');
  await createOverlay(middle, '../base.qcow2', '-o', 'compat=0.10');
  await createOverlay(top, middle);
  t.strictSame(await readBackingChain(top), { files: [top, middle, base], broken: null });
  t.strictSame(await chainByQemu(top), [top, middle, base]);
  await symlink('top', join(directory, 'link'));
  t.strictSame((await readBackingChain(join(directory, 'link'))).files, [top, middle, base], 'links are followed');
  t.strictSame(await readQcow2Header(top), {
    virtualSize: 1024 ** 2,
    backingFile: middle,
    backingFormat: 'qcow2',
    externalData: false,
  });
});

t.test('a raw disk ends a chain, whatever a guest has written to it', async (t) => {
  const directory = await folder(t);
  const [secret, raw, top] = ['secret.qcow2', 'raw', 'top.qcow2'].map((name) => join(directory, name));
  if (!secret || !raw || !top) throw new Error('no paths');
  await createOverlay(secret);
  await createOverlay(raw, secret);
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', raw, top]);
  t.strictSame(await readBackingChain(top), { files: [top, raw], broken: null });
});

t.test('a missing file ends a chain and is named, and a loop ends', async (t) => {
  const directory = await folder(t);
  const [base, top] = ['base.qcow2', 'top.qcow2'].map((name) => join(directory, name));
  if (!base || !top) throw new Error('no paths');
  await createOverlay(base);
  await createOverlay(top, 'base.qcow2');
  await runProgram('qemu-img', ['rebase', '-u', '-F', 'qcow2', '-b', 'top.qcow2', base]);
  t.strictSame(await readBackingChain(top), { files: [top, base], broken: null });
  await unlink(base);
  t.strictSame(await readBackingChain(top), { files: [top, base], broken: null });
});

t.test('what cannot be followed is said to be broken', async (t) => {
  const directory = await folder(t);
  const [base, top] = ['base.qcow2', 'top.qcow2'].map((name) => join(directory, name));
  if (!base || !top) throw new Error('no paths');
  await createOverlay(base);
  await createOverlay(top, 'base.qcow2');

  await writeFile(base, 'what is this');
  t.match(await readBackingChain(top), { files: [top, base], broken: /base\.qcow2: it is no qcow2 image/ });
  await truncate(base, 0);
  t.match(await readBackingChain(base), { files: [base], broken: null }, 'nothing is in an empty file');
  await unlink(base);
  await mkdir(base);
  t.match(await readBackingChain(top), { broken: /base\.qcow2: EISDIR/ });

  await truncate(top, 200);
  t.match(await readBackingChain(top), { broken: /top\.qcow2: it ends before the name of its backing file does/ });
  await rename(base, join(directory, 'away'));
  await createOverlay(base);
  await createOverlay(top, 'base.qcow2');
  const url = 'json:{"driver":"qcow2","file":{"driver":"file","filename":"base.qcow2"}}';
  await runProgram('qemu-img', ['rebase', '-u', '-F', 'qcow2', '-b', url, top]);
  t.match(await readBackingChain(top), { broken: /top\.qcow2: it leans on json:/ });
  await createOverlay(top, undefined, '-o', `data_file=${join(directory, 'data')}`);
  t.match(await readBackingChain(top), { broken: /its data is in another file/ });
});
