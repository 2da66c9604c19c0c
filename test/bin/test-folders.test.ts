import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { argv, env, execPath } from 'node:process';
import t from 'tap';
import { startScript } from './run-script.js';

if (env['VIRTBS_TEST_FOLDERS']) {
  // The run that the test below starts: it stays until its input ends.
  const directory = t.testdir({ file: '' });
  t.comment(`folder ${directory}`);
  process.stdin.resume();
  await new Promise((ended) => process.stdin.once('end', ended));
  t.ok(existsSync(join(directory, 'file')), 'the file is still there');
} else {
  t.test('two runs of one test file at once have folders of their own', async (t) => {
    const [, file = ''] = argv;
    const runs = [1, 2].map(() => startScript(execPath, [file], { env: { VIRTBS_TEST_FOLDERS: '1' } }));
    for (const run of runs) await run.says('# folder /');
    for (const run of runs) {
      run.process.stdin?.end();
      t.match(await run.result, { status: 0, stdout: /^ok 1 - the file is still there/m });
    }
    const folders = await Promise.all(runs.map(async ({ result }) => /# folder (.*)/.exec((await result).stdout)?.[1]));
    t.not(folders[0], folders[1]);
    for (const folder of folders) t.notOk(existsSync(folder ?? ''), 'nothing is left');
  });
}
