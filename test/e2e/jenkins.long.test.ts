import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { takeInventory } from './host-inventory.js';
import { noLab, run } from './run-virtbs.js';

/** The variable by which Jenkins knows the processes of a step. Source: Jenkins, hudson.util.ProcessTree and durable-task */
const COOKIE = 'JENKINS_NODE_COOKIE';

/** What Jenkins tells a step of itself. */
const STEP = { [COOKIE]: 'durable-4711', BUILD_TAG: 'jenkins-app-7', BUILD_URL: 'https://ci.example.org/job/app/7/' };

/** Tells every process of a step to end, as Jenkins does when a build is aborted. @returns the number of processes */
function abortStep(): number {
  const own = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && isOfStep(pid));
  for (const pid of own) process.kill(Number(pid), 'SIGTERM');
  return own.length;
}

function isOfStep(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`${COOKIE}=${STEP[COOKIE]}`);
  } catch {
    // It has ended.
    return false;
  }
}

t.test('the slice of a step is wiped when Jenkins aborts the build', { skip: noLab }, async (t) => {
  const directory = t.testdir();
  const before = await takeInventory(directory);
  const virtbs = join(await packageDirectory(), 'bin', 'virtbs');
  const line = `${process.execPath} ${virtbs} with --ttl 3h roles plain:1 -- sh -c "echo the test runs >&2; sleep 1000"; true`;
  const env = { ...process.env, ...STEP };
  const shell = spawn('sh', ['-xec', line], { cwd: directory, env, stdio: ['ignore', 'ignore', 'pipe'] });
  const closed = once(shell, 'close');
  const said: string[] = [];
  let ended = 0;
  for await (const each of createInterface({ input: shell.stderr })) {
    said.push(each);
    if (each === 'the test runs') ended = abortStep();
  }
  await closed;
  t.ok(ended >= 3, 'the shell of the step, virtbs and its command');
  t.match(said.join('\n'), /slice \d+ is leased for jenkins-app-7[^]*slice \d+ is wiped/);
  t.strictSame(await takeInventory(directory), before);
});

t.test(
  'results that a step fetches are there when its slice is gone, and its exit code is that of the tests',
  { skip: noLab },
  async (t) => {
    const script = `#!/bin/sh
mkdir -p results
ssh -F "$VIRTBS_SSH_CONFIG" plain 'echo "<testsuite/>" >app.xml; exit 3'
code=$?
scp -q -F "$VIRTBS_SSH_CONFIG" plain:app.xml results/
exit "$code"
`;
    const directory = t.testdir({ 'test.sh': script });
    const virtbs = join(await packageDirectory(), 'bin', 'virtbs');
    const { code, stderr } = await run(directory, [
      process.execPath,
      virtbs,
      'with',
      'roles',
      'plain:1',
      '--',
      'sh',
      './test.sh',
    ]);
    t.equal(code, 3, stderr);
    t.match(stderr, /slice \d+ is wiped/);
    t.equal(readFileSync(join(directory, 'results/app.xml'), 'utf8'), '<testsuite/>\n');
  },
);
