import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { takeInventory } from './host-inventory.js';
import { noLab, run, type Ending } from './run-virtbs.js';

const skip = noLab;

interface ListedSlice {
  readonly slice: number;
  readonly session: string;
  readonly expires: string | null;
}

/** The environment of a run of a Jenkins executor. */
function jenkins(build: number, executor = 0): Record<string, string> {
  return {
    BUILD_TAG: `jenkins-job-${build}`,
    BUILD_URL: `https://ci.example.org/job/${build}/`,
    NODE_NAME: 'big',
    EXECUTOR_NUMBER: String(executor),
  };
}

async function command(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<readonly string[]> {
  const virtbs = join(await packageDirectory(), 'bin', 'virtbs');
  return ['env', ...Object.entries(env).map(([name, value]) => `${name}=${value}`), process.execPath, virtbs, ...args];
}

async function runAs(
  env: Readonly<Record<string, string>>,
  directory: string,
  ...args: readonly string[]
): Promise<Ending> {
  return await run(directory, await command(env, ...args));
}

async function listSlices(directory: string): Promise<readonly ListedSlice[]> {
  const { stdout } = await runAs({}, directory, 'ls', '--json');
  return (JSON.parse(stdout) as { readonly slices: readonly ListedSlice[] }).slices;
}

async function sliceNumbers(directory: string): Promise<readonly number[]> {
  return (await listSlices(directory)).map(({ slice }) => slice);
}

async function until(condition: () => boolean): Promise<void> {
  for (let left = 6000; left > 0 && !condition(); left--) await delay(20);
}

t.test('a command runs on a leased slice over ssh, and nothing of the slice is left', { skip }, async (t) => {
  const directory = t.testdir();
  const before = await takeInventory(directory);
  const script = 'ssh -F "$VIRTBS_SSH_CONFIG" plain hostname; echo "$VIRTBS_SLICE $VIRTBS_OUTPUT_DIR"; exit 4';
  const ending = await runAs(jenkins(1), directory, 'with', 'roles', 'plain', '--', 'sh', '-c', script);
  t.match(ending, { code: 4, stdout: `plain-60\n1 ${directory}`, stderr: /slice 1 is leased for jenkins-job-1/ });
  t.strictSame(await takeInventory(directory), before);
});

t.test(
  'a failure keeps the slice where that is asked for; the next run of the executor ends it',
  { skip },
  async (t) => {
    const directory = t.testdir();
    const before = await takeInventory(directory);
    const keeping = ['with', '--on-failure', 'keep', 'roles', 'plain', '--'];
    const failed = await runAs(jenkins(1), directory, ...keeping, 'false');
    t.match(failed, { code: 1, stderr: /slice 1 is kept: virtbs -s 1 wipe ends it/ });
    t.match(await listSlices(directory), [{ slice: 1, session: /^jenkins .*id=jenkins-job-1/ }]);
    t.match(await runAs({}, directory, 'ls'), { stdout: /plain-60 .* jenkins-job-1 +-$/m });
    const { stdout } = await run(directory, ['ssh', '-F', 'sshconf-bs1', 'plain', 'hostname']);
    t.equal(stdout, 'plain-60', 'it can be looked at');

    const beside = await runAs(jenkins(2, 1), directory, '-s', 'auto', 'cycle', 'roles', 'plain', '--no-wait');
    t.match(beside, { code: 0, stdout: /^slice 2: / });
    t.match(await runAs(jenkins(2, 1), directory, '-s', 'auto', 'plan', 'roles', 'plain'), { stdout: /^slice 2\n/ });
    t.match(await runAs(jenkins(3), directory, '-s', 'auto', 'ls'), { code: 1, stderr: /no slice is leased/ });

    const next = await runAs(jenkins(3), directory, 'with', 'roles', 'plain', '--', 'true');
    t.match(next, { code: 0, stderr: /slice 1 was leased for jenkins-job-1, the run before: tearing it down/ });
    t.strictSame(await sliceNumbers(directory), [2]);
    t.match(await runAs(jenkins(4, 1), directory, 'wipe', '--session'), { code: 0, stdout: /slice 2: wiped/ });
    t.strictSame(await takeInventory(directory), before);
  },
);

t.test('two that lease at once get different slices and do not disturb each other', { skip }, async (t) => {
  const directory = t.testdir();
  const before = await takeInventory(directory);
  const script = 'ssh -F "$VIRTBS_SSH_CONFIG" plain true && echo "$VIRTBS_SLICE"';
  const endings = await Promise.all(
    [0, 0].map(() => runAs(jenkins(1), directory, 'with', 'roles', 'plain', '--', 'sh', '-c', script)),
  );
  for (const { code, stderr } of endings) t.equal(code, 0, stderr);
  t.strictSame(endings.map(({ stdout }) => stdout).sort(), ['1', '2']);
  t.strictSame(await takeInventory(directory), before);
});

t.test('a signal goes to the command, and then the slice goes', { skip }, async (t) => {
  const directory = t.testdir();
  const before = await takeInventory(directory);
  const script = 'trap "echo told > told; exit 9" INT; touch ready; while :; do sleep 0.05; done';
  const [program = '', ...args] = await command(
    jenkins(1),
    'with',
    '--on-failure',
    'keep',
    'roles',
    'plain',
    '--',
    'bash',
    '-c',
    script,
  );
  const child = spawn(program, args, { cwd: directory, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  await until(() => existsSync(join(directory, 'ready')));
  child.kill('SIGINT');
  t.strictSame(await ended, [9, null]);
  t.equal(await readFile(join(directory, 'told'), 'utf8'), 'told\n');
  const { files, ...rest } = await takeInventory(directory);
  t.strictSame({ ...rest, files: files.filter((file) => !/(told|ready)$/.test(file)) }, before);
});

t.test(
  'what was killed, or has lived long enough, is reaped; all is wiped only when that is meant',
  { skip },
  async (t) => {
    const directory = t.testdir();
    const before = await takeInventory(directory);
    const [program = '', ...args] = await command(
      jenkins(1),
      'with',
      'roles',
      'plain',
      '--',
      'sh',
      '-c',
      'touch ready; exec sleep 1000 <&- >&- 2>&-',
    );
    const child = spawn(program, args, { cwd: directory, stdio: 'ignore', detached: true });
    const ended = once(child, 'exit');
    await until(() => existsSync(join(directory, 'ready')));
    t.match(await runAs({}, directory, 'reap'), { stdout: 'nothing to end' });
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await ended;
    await runAs(jenkins(2, 1), directory, '-s', '20', 'cycle', 'roles', 'plain', '--no-wait', '--ttl', '1ms');
    await runAs(jenkins(2, 1), directory, '-s', '21', 'cycle', 'roles', 'plain', '--no-wait', '--ttl', '2h');
    t.match(await runAs({}, directory, '-s', '21', 'ls'), { stdout: / in 1h 59m$/m });
    const dry = await runAs({}, directory, 'reap', '--dry-run');
    t.match(
      dry.stdout,
      /slice 1: its process is gone\n[^]*would destroy bs1-plain-60\n[^]*slice 20: its time was over/,
    );
    t.strictSame(await sliceNumbers(directory), [1, 20, 21]);
    t.equal((await runAs({}, directory, 'reap')).code, 0);
    t.strictSame(await sliceNumbers(directory), [21]);

    t.match(await runAs({}, directory, 'wipe', '--all'), {
      code: 2,
      stderr: /slice 21: bs21-plain-60, .*\nerror: .*--yes/s,
    });
    t.strictSame(await sliceNumbers(directory), [21]);
    t.match(await runAs({}, directory, 'wipe', '--all', '--yes'), { code: 0, stdout: /destroyed bs21-plain-60/ });
    const { files, ...rest } = await takeInventory(directory);
    t.strictSame({ ...rest, files: files.filter((file) => !file.endsWith('ready')) }, before);
  },
);

t.test('on a terminal wipe --all lists what would go, and asks', { skip }, async (t) => {
  const directory = t.testdir();
  await runAs(jenkins(1), directory, '-s', '3', 'cycle', 'roles', 'plain', '--no-wait');
  const line = (await command({}, 'wipe', '--all')).join(' ');
  for (const [answer, code, left] of [
    ['n', 130, [3]],
    ['', 130, [3]],
    ['yes', 0, []],
  ] as const) {
    await writeFile(join(directory, 'answer'), `${answer}\n`);
    const { stdout } = await run(directory, [
      'sh',
      '-c',
      `script -qec ${JSON.stringify(line)} /dev/null < answer; echo "code $?"`,
    ]);
    t.match(stdout, /slice 3: bs3-plain-60, bs3-net[^]*Destroy all of it\? \[y\/N\]/, answer);
    t.match(stdout, new RegExp(`code ${code}$`), answer);
    t.strictSame(await sliceNumbers(directory), left, answer);
  }
});
