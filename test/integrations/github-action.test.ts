import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import * as z from 'zod';
import { packageDirectory } from '../../src/package-directory.js';

const noShellcheck = existsSync('/usr/bin/shellcheck')
  ? false
  : 'no shellcheck here: bin/packages --install --for test';
const folder = join(await packageDirectory(), 'integrations', 'github-action');

interface StepOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** The user that it runs as; that of the tests where not given. */
  readonly user?: { readonly uid?: number; readonly gid?: number };
}

/** What GitHub reads of an action. Source: https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax */
const metadata = z.strictObject({
  name: z.string(),
  description: z.string(),
  inputs: z.record(
    z.string().regex(/^[a-z][a-z\d-]*$/),
    z.strictObject({ description: z.string(), default: z.string() }),
  ),
  outputs: z.record(z.string(), z.strictObject({ description: z.string(), value: z.string() })),
  runs: z.strictObject({
    using: z.literal('composite'),
    steps: z.array(
      z.strictObject({
        id: z.string(),
        name: z.string(),
        shell: z.literal('bash'),
        env: z.record(z.string(), z.string()),
        run: z.string(),
      }),
    ),
  }),
});

const action = metadata.parse(parse(await readFile(join(folder, 'action.yml'), 'utf8')));

/** The user of a runner is not root: nobody, where these tests are. */
const USER = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** Runs a step as GitHub does, where `sudo`, `virtbs` and others only write down what they are asked. */
async function runStep(
  t: Test,
  id: string,
  inputs: Readonly<Record<string, string>>,
  { env: more = {}, user = {} }: StepOptions = {},
) {
  const work = await mkdtemp(join(tmpdir(), 'virtbs-action-'));
  t.teardown(async () => rm(work, { recursive: true }));
  await mkdir(join(work, 'bin'));
  for (const name of ['output', 'asked']) await writeFile(join(work, name), '');
  const programs = {
    sudo: 'echo "sudo $*" >>"$ASKED"; case $1 in tee) cat >>"$ASKED" ;; esac',
    virtbs: 'echo "virtbs $*" >>"$ASKED"; case $1 in version) echo 9.8.7 ;; host) exit "${CHECK_CODE:-0}" ;; esac',
    curl: 'echo "curl $*" >>"$ASKED"; while [ "$1" != --output ]; do shift; done; printf package >"$2"',
  };
  for (const [name, line] of Object.entries(programs)) {
    await writeFile(join(work, 'bin', name), `#!/bin/sh\n${line}\n`);
    await chmod(join(work, 'bin', name), 0o755);
  }
  for (const name of ['.', 'output', 'asked']) await chmod(join(work, name), 0o777);
  const step = action.runs.steps.find((each) => each.id === id);
  const given = Object.entries(step?.env ?? {}).map(([name, value]) => {
    const input = /^\$\{\{ inputs\.([a-z\d-]+) \}\}$/.exec(value)?.[1] ?? '';
    return [name, inputs[input] ?? action.inputs[input]?.default ?? ''];
  });
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step?.run ?? 'exit 99'],
    {
      ...user,
      cwd: work,
      encoding: 'utf8',
      env: {
        ...Object.fromEntries(given),
        PATH: `${join(work, 'bin')}:/usr/bin:/bin`,
        GITHUB_ACTION_PATH: folder,
        GITHUB_OUTPUT: join(work, 'output'),
        ASKED: join(work, 'asked'),
        ...more,
      },
    },
  );
  const [asked, output] = [await readFile(join(work, 'asked'), 'utf8'), await readFile(join(work, 'output'), 'utf8')];
  return { status, stdout, stderr, asked, output, work };
}

t.test('what the action takes and gives is what its page says', async (t) => {
  const page = await readFile(join(await packageDirectory(), 'docs', 'workers.md'), 'utf8');
  const [, part = ''] = /\n## A GitHub Action\n([^]*?)\n## /.exec(page) ?? [];
  const rows = [...part.matchAll(/^\| `([a-z\d-]+)`(?: +\| (?:`([^`]*)`)?)?/gm)].map(([, name, value]) => [
    name,
    value ?? '',
  ]);
  const told = Object.entries(action.inputs).map(([name, input]) => [name, input.default]);
  t.strictSame(rows.slice(0, told.length), told);
  t.strictSame(
    rows.slice(told.length).map(([name]) => name),
    Object.keys(action.outputs),
  );
  for (const { env, run } of action.runs.steps) {
    t.notMatch(run, '${{', 'nothing that somebody gives becomes part of a script');
    for (const value of Object.values(env))
      t.ok((/inputs\.([a-z\d-]+)/.exec(value)?.[1] ?? '') in action.inputs, value);
  }
  for (const { value } of Object.values(action.outputs)) {
    const [, id, output] = /^\$\{\{ steps\.(\w+)\.outputs\.(\w+) \}\}$/.exec(value) ?? [];
    t.match(await readFile(join(folder, id === 'kvm' ? 'enable-kvm' : (id ?? '')), 'utf8'), `${output}=`);
  }
});

t.test('its scripts have no fault that shellcheck knows', { skip: noShellcheck }, async (t) => {
  const scripts = ['enable-kvm', 'install', 'check'].map((name) => join(folder, name));
  const { stdout, status } = spawnSync('shellcheck', ['--', ...scripts], { encoding: 'utf8' });
  t.equal(status, 0, stdout);
});

t.test('a runner with KVM gets a udev rule, one without it is an error unless that is wanted', async (t) => {
  const device = join(t.testdir({ kvm: '' }), 'kvm');
  const found = await runStep(t, 'kvm', {}, { env: { VIRTBS_KVM_DEVICE: device } });
  t.match(found, { status: 0, output: 'kvm=true\n' });
  t.match(
    found.asked,
    /^sudo tee \/etc\/udev\/rules\.d\/99-virtbs-kvm\.rules\nKERNEL=="kvm", GROUP="kvm", MODE="0666".*\nsudo udevadm control --reload-rules\nsudo udevadm trigger --name-match=kvm\nsudo udevadm settle\n$/,
  );
  const none = { env: { VIRTBS_KVM_DEVICE: `${device}-none` } };
  t.match(await runStep(t, 'kvm', {}, none), {
    status: 1,
    stdout: /^::error::.*kvm: emulate/,
    output: 'kvm=false\n',
    asked: '',
  });
  t.match(await runStep(t, 'kvm', { kvm: 'emulate' }, none), {
    status: 0,
    stdout: /^::warning::/,
    output: 'kvm=false\n',
  });
  t.match(await runStep(t, 'kvm', { kvm: 'perhaps' }, none), { status: 2, stdout: /neither error nor emulate/ });
});

t.test('a package is installed by the program for it, if its digest is right', async (t) => {
  const digest = createHash('sha256').update('package').digest('hex');
  const files = t.testdir({ 'virtbs_1_amd64.deb': 'package', 'virtbs-1.tgz': 'package', 'virtbs.zip': 'package' });
  const deb = join(files, 'virtbs_1_amd64.deb');
  const installed = await runStep(t, 'install', { package: deb, sha256: digest });
  t.match(installed, { status: 0, output: 'version=9.8.7\n' }, installed.stderr);
  t.match(
    installed.asked,
    new RegExp(`^sudo apt-get update -q\nsudo apt-get install .* ${deb}\nvirtbs host prepare --yes\n`),
  );
  const tgz = await runStep(t, 'install', { package: join(files, 'virtbs-1.tgz') });
  t.match(
    tgz.asked,
    /^sudo env PATH=\S+ npm install --global --prefix \/usr\/local \/.*\/virtbs-1\.tgz\nvirtbs host prepare --yes\n/,
  );
  const url = 'https://example.org/virtbs-1.tgz?download=1';
  const fetched = await runStep(t, 'install', { package: url, sha256: digest });
  t.match(
    fetched.asked,
    /^curl .*--output \S+\/virtbs-1\.tgz -- https:\/\/example\.org\/virtbs-1\.tgz\?download=1\nsudo env PATH/,
  );
  for (const [given, status, word] of [
    [{ package: url }, 2, 'a URL needs sha256'],
    [{ package: url, sha256: '0'.repeat(64) }, 1, 'does not have the digest'],
    [{ package: join(files, 'none.deb') }, 1, 'there is no file'],
    [{ package: join(files, 'virtbs.zip') }, 2, 'neither a .deb nor a .tgz'],
    [{ sha256: digest }, 2, 'no package that it could be of'],
  ] as const) {
    const refused = await runStep(t, 'install', given);
    t.match(refused, { status, stdout: new RegExp(`^::error::.*${word}`, 'm') }, word);
    t.notMatch(refused.asked, /^(?:sudo|virtbs) /m, 'nothing was done before');
  }
});

t.test('without a package the checkout is built', async (t) => {
  const checkout = t.testdir({ bin: {}, integrations: { 'github-action': {} } });
  await writeFile(join(checkout, 'bin/build'), '#!/bin/sh\necho build >>"$ASKED"\n');
  await chmod(join(checkout, 'bin/build'), 0o755);
  const here = join(checkout, 'integrations/github-action');
  await mkdir(here, { recursive: true });
  await writeFile(join(here, 'install'), await readFile(join(folder, 'install')));
  const { asked, status, stderr } = await runStep(t, 'install', {}, { env: { GITHUB_ACTION_PATH: here } });
  t.equal(status, 0, stderr);
  t.match(asked, `build\nsudo ln -sf ${checkout}/bin/virtbs /usr/local/bin/virtbs\nvirtbs host prepare --yes\n`);
});

t.test('the runner’s user gets the socket of libvirt, unless it may use it already', async (t) => {
  // Neither the checkout nor the folder of a test can be reached by every user.
  const place = await mkdtemp(join(tmpdir(), 'virtbs-action-'));
  t.teardown(async () => rm(place, { recursive: true }));
  await chmod(place, 0o755);
  for (const name of ['enable-kvm', 'install', 'check']) {
    await writeFile(join(place, name), await readFile(join(folder, name)));
  }
  await writeFile(join(place, 'virtbs-1.tgz'), 'package');
  const socket = join(place, 'libvirt-sock');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  t.teardown(() => server.close());
  const env = { GITHUB_ACTION_PATH: place, VIRTBS_LIBVIRT_SOCKET: socket };
  const install = async () =>
    await runStep(t, 'install', { package: join(place, 'virtbs-1.tgz') }, { env, user: USER });
  const taken = (name: string): string => `virtbs host prepare --yes\nsudo chown ${name} ${socket}\nvirtbs version\n`;
  await chmod(socket, 0o500);
  const [own] = spawnSync('id', ['-un'], { encoding: 'utf8', ...USER }).stdout.split('\n');
  const closed = await install();
  t.match(closed, { status: 0, output: 'version=9.8.7\n' }, closed.stderr);
  t.match(closed.asked, taken(own ?? ''), 'a new group counts for nobody who is logged in');
  await chmod(socket, 0o777);
  t.notMatch((await install()).asked, 'chown');
  const none = { ...env, VIRTBS_LIBVIRT_SOCKET: `${socket}-none` };
  const other = await runStep(t, 'install', { package: join(place, 'virtbs-1.tgz') }, { env: none, user: USER });
  t.match(
    other,
    { status: 0, asked: /prepare --yes\nvirtbs version\n$/ },
    'libvirt’s own daemons may have no such socket',
  );
});

t.test('a runner that is not ready ends the action, unless only a warning is wanted', async (t) => {
  const bad = { env: { CHECK_CODE: '1' } };
  t.match(await runStep(t, 'check', {}), { status: 0, asked: 'virtbs host check\n' });
  t.match(await runStep(t, 'check', {}, bad), { status: 1 });
  t.match(await runStep(t, 'check', { check: 'false' }, bad), { status: 0, stdout: /^::warning::/ });
  t.match(await runStep(t, 'check', { check: 'yes' }), { status: 2, stdout: /neither true nor false/ });
});
