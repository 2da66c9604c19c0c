import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { runProgram } from '../../src/process/run-program.js';

const SOURCES = fileURLToPath(new URL('../../src', import.meta.url));

t.test('what is needed at start-up loads no package, and only loading a configuration does', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'virtbs-imports-'));
  t.teardown(() => rm(folder, { recursive: true }));
  await cp(SOURCES, join(folder, 'src'), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  const load = (name: string): Promise<unknown> =>
    runProgram(process.execPath, ['--input-type=module', '-e', `await import('./src/${name}.js')`], {
      cwd: folder,
    });

  for (const name of [
    'config/configuration',
    'config/merge-roles',
    'text/nearest-word',
    'text/unknown-word',
    'yaml/parse-size',
    'config/complete-network-flags',
  ]) {
    await t.resolves(load(name), name);
  }
  await t.resolves(load('config/load-configuration'));
  await t.resolves(load('config/render-configuration'));
  await t.rejects(
    load('config/merge-sources'),
    { cause: { stderr: /ERR_MODULE_NOT_FOUND/ } },
    'this test sees packages that are loaded',
  );
});
