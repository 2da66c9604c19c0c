import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { runScript } from './run-script.js';

const checkout = await packageDirectory();

/** What the copy's commands do: show what they were given, or fail. */
const MAIN = `export async function main(argv: readonly string[]): Promise<number> {
  process.stdout.write(JSON.stringify({ argv, cwd: process.cwd(), threads: process.env['UV_THREADPOOL_SIZE'] }));
  return argv[0] === 'fail' ? 3 : 0;
}
`;

/** A copy of the package that was never built, in a folder with a space, with a main file that needs nothing else. */
async function copyPackage(directory: string): Promise<string> {
  const copy = join(directory, 'the copy');
  await mkdir(join(copy, 'src/cli'), { recursive: true });
  const files = ['bin', 'tools', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
  await Promise.all(
    files.map((file) => cp(join(checkout, file), join(copy, file), { recursive: true, dereference: true })),
  );
  await symlink(join(checkout, 'node_modules'), join(copy, 'node_modules'));
  await writeFile(join(copy, 'src/cli/main.ts'), MAIN);
  return copy;
}

t.test('a copy that was never built builds itself once, even when started twice at the same time', async (t) => {
  const copy = await copyPackage(t.testdir());
  const runs = await Promise.all(
    [1, 2].map(() => runScript(join(copy, 'bin/virtbs'), ['ls'], { env: { UV_THREADPOOL_SIZE: undefined } })),
  );
  for (const { status, stdout } of runs) {
    t.equal(status, 0);
    t.strictSame(
      JSON.parse(stdout),
      { argv: ['ls'], cwd: process.cwd(), threads: '16' },
      'stdout is the command alone',
    );
  }
  const words = runs.map(({ stderr }) => stderr).join('');
  t.equal(words.split('compiling').length, 2, 'one of them has compiled, and said so on stderr');

  t.test('later it says nothing of its own and runs from anywhere, through a link', async (t) => {
    const link = join(t.testdir(), 'my virtbs');
    await symlink(join(copy, 'bin/virtbs'), link);
    const { status, stdout, stderr } = await runScript(link, ['plan', 'a b'], {
      cwd: '/',
      env: { UV_THREADPOOL_SIZE: '7' },
    });
    t.match({ status, stderr }, { status: 0, stderr: '' });
    t.strictSame(JSON.parse(stdout), { argv: ['plan', 'a b'], cwd: '/', threads: '7' });
  });

  t.test("the exit code is the command's", async (t) => {
    t.equal((await runScript(join(copy, 'bin/virtbs'), ['fail'])).status, 3);
  });

  t.test('an installed copy does not build itself: where files are missing it says so', async (t) => {
    const installed = t.testdir();
    for (const file of ['virtbs', 'package.json']) await cp(join(checkout, 'bin', file), join(installed, 'bin', file));
    const { status, stdout, stderr } = await runScript(join(installed, 'bin/virtbs'), ['ls']);
    t.strictSame({ status, stdout }, { status: 1, stdout: '' });
    t.equal(stderr, `virtbs: files are missing in ${installed}\nhint: install virtbs again\n`);
  });

  t.test('an old Node is named together with the one that is needed', async (t) => {
    const old = join(t.testdir(), 'old.cjs');
    await writeFile(old, `Object.defineProperty(process.versions, 'node', { value: '18.20.1' });`);
    const { status, stderr } = await runScript('node', ['--require', old, join(copy, 'bin/virtbs'), 'ls']);
    t.match({ status, stderr }, { status: 1, stderr: /Node 18\.20\.1 is too old: 20\.19 or newer is needed/ });
  });
});

t.test('a working directory that is gone is told, not shown as a stack', async (t) => {
  const directory = join(t.testdir(), 'gone');
  await mkdir(directory);
  // What tap loads into Node.js does not work there either.
  const script = 'unset NODE_OPTIONS; rmdir "$PWD"; exec "$0" ls';
  const { status, stderr } = await runScript('sh', ['-c', script, join(checkout, 'bin/virtbs')], { cwd: directory });
  t.equal(status, 1);
  t.equal(stderr, 'virtbs: the working directory is gone\nhint: cd somewhere else\n');
});

t.test('what cannot be compiled is a failure that shows the reason', async (t) => {
  const copy = await copyPackage(t.testdir());
  await writeFile(join(copy, 'src/cli/main.ts'), 'export const main: number = "text";\n');
  const { status, stdout, stderr } = await runScript(join(copy, 'bin/virtbs'), ['ls']);
  t.strictSame({ status, stdout }, { status: 1, stdout: '' });
  t.match(stderr, /src\/cli\/main\.ts.*TS2322[\s\S]*could not build itself/);
});
