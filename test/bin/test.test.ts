import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { startScript, type RunningScript } from './run-script.js';

/** `bin/test` in a checkout whose build says that it has begun and never ends. */
async function startTest(t: Test, environment: Readonly<Record<string, string>> = {}): Promise<RunningScript> {
  const bin = join(t.testdir(), 'bin');
  await mkdir(bin);
  await copyFile(join(await packageDirectory(), 'bin/test'), join(bin, 'test'));
  const begun = join(bin, '../begun');
  await writeFile(join(bin, 'build'), `#!/bin/sh\necho >'${begun}'\nexec sleep 600\n`);
  await chmod(join(bin, 'build'), 0o755);
  const command = `"$0" --quick & child=$!; until [ -e '${begun}' ] || ! kill -0 $child 2>/dev/null; do sleep 0.05; done; echo "begun $child"; wait "$child"`;
  const env = { VIRTBS_TEST_LIMITED: undefined, ...environment };
  return startScript('sh', ['-c', command, join(bin, 'test')], { env });
}

for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
  t.test(`a run that ${signal} ends says so, and what it counted so far`, async (t) => {
    const script = await startTest(t);
    const pid = await pidOf(script);
    process.kill(pid, signal);
    const { stdout, stderr } = await script.result;
    t.match(stderr, `== FAILED: ended by ${signal}\n`);
    t.match(stdout, /^0 passed, 1 failed$/m);
  });
}

t.test('a run that takes too long says how long it had', async (t) => {
  // On a busy machine a short limit is over before the shell has begun.
  for (const limit of ['1s', '10s', '60s']) {
    const { stdout, stderr } = await (await startTest(t, { VIRTBS_TEST_LIMIT: limit })).result;
    if (!stderr.includes('FAILED') && limit !== '60s') continue;
    t.match(stderr, `== FAILED: not done within ${limit}\n`);
    t.match(stdout, /^0 passed, 1 failed$/m);
    return;
  }
});

/** `bin/test` in a checkout of two tests, of which `FAILING` fails as often as `times` says. */
async function runWholeTest(t: Test, times: number): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const runner = `import { appendFileSync, readFileSync } from 'node:fs';
    const name = process.argv.at(-1);
    appendFileSync('ran', name + '\\n');
    const count = readFileSync('ran', 'utf8').split('\\n').filter((line) => line === name).length;
    const fails = name.includes('shaky') && count <= ${times};
    console.log(fails ? '3 1 0' : '4 0 0');
    process.exitCode = fails ? 1 : 0;`;
  const checkout = t.testdir({
    bin: {},
    programs: {},
    images: {},
    tools: {},
    '.ci': {},
    test: { e2e: { 'shaky.test.ts': '', 'steady.test.ts': '' }, install: {}, faults: {} },
    dist: { test: { bin: { 'run-tests.js': runner } } },
    'package.json': JSON.stringify({
      type: 'module',
      scripts: { 'check:types': 'true', 'check:lint': 'true', 'check:format': 'true' },
    }),
  });
  await copyFile(join(await packageDirectory(), 'bin/test'), join(checkout, 'bin/test'));
  const programs = {
    'bin/build': '',
    'bin/packages': '',
    'bin/virtbs': '',
    'programs/shellcheck': '',
    'bin/lab': 'exec "$@"',
  };
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(checkout, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  const env = { VIRTBS_TEST_LIMITED: undefined, PATH: `${join(checkout, 'programs')}:${process.env.PATH ?? ''}` };
  return await startScript(join(checkout, 'bin/test'), [], { env }).result;
}

t.test('a file that fails runs once more, and that counts', async (t) => {
  const unsteady = await runWholeTest(t, 1);
  t.match(unsteady.stderr, '== UNSTEADY: dist/test/e2e/shaky.test.js failed, and passed when it ran again\n');
  t.match(unsteady.stdout, /^15 passed, 0 failed$/m);
  const broken = await runWholeTest(t, 9);
  t.notMatch(broken.stderr, 'UNSTEADY');
  t.match(broken.stdout, /^14 passed, 1 failed$/m);
});

async function pidOf(script: RunningScript): Promise<number> {
  let text = '';
  script.process.stdout?.on('data', (more: string) => (text += more));
  await script.says('begun ');
  while (!/begun \d+\n/.test(text)) await new Promise((resolve) => script.process.stdout?.once('data', resolve));
  return Number(/begun (\d+)/.exec(text)?.[1]);
}
