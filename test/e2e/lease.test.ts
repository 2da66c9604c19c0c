import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { noLab, run, runVirtbs, type Ending } from './run-virtbs.js';

const skip = noLab;
// A session of this file alone.
Object.assign(process.env, { BUILD_TAG: 'lease-test', BUILD_URL: 'https://ci.example.org/job/lease/' });
const SECRET = 'Zq7-only-for-root';

interface Leased {
  readonly slice: number;
  readonly session: string;
  readonly expires: string;
  readonly checkpoint: string | null;
  readonly ssh: { readonly config: string; readonly privateKey: string };
  readonly vms: readonly { readonly hostname: string }[];
  readonly tasks?: readonly { readonly task: string; readonly outcome: string }[];
}

async function lease(t: Test, directory: string, ...args: readonly string[]): Promise<Leased> {
  const { code, stdout, stderr } = await runVirtbs(directory, 'lease', 'roles', 'plain:1', '--json', ...args);
  t.equal(code, 0, stderr);
  t.notMatch(`${stdout}${stderr}`, SECRET);
  return JSON.parse(stdout) as Leased;
}

async function ask({ ssh, vms: [vm] }: Leased, directory: string, command: string): Promise<Ending> {
  return await run(directory, ['ssh', '-F', ssh.config, vm?.hostname ?? '', command]);
}

t.test(
  'a lease gives files to root alone, and another one is another slice; both end by their session',
  { skip },
  async (t) => {
    const directory = t.testdir();
    t.teardown(() => runVirtbs(directory, 'wipe', '--session'));
    const content = `first "line" \\ $HOME\n  token: '${SECRET}'\n`;
    await writeFile(join(directory, 'token'), content);
    await writeFile(join(directory, 'env'), `# of the worker\nWORKERPASS=${SECRET}\n`);
    const first = await lease(t, directory, '--file', '/srv/keys/token=token', '--environment', 'env', '--ttl', '1h');
    t.ok(Date.parse(first.expires) - Date.now() < 3_600_000);
    t.equal((await ask(first, directory, 'sudo cat /srv/keys/token')).stdout, content.trimEnd());
    const modes = await ask(first, directory, 'stat -c "%a %U:%G" /srv/keys/token /etc/virtbs/environment');
    t.equal(modes.stdout, '600 root:root\n600 root:root');
    t.match(await ask(first, directory, 'cat /etc/virtbs/environment'), { code: 1 });
    const read = await ask(first, directory, 'sudo sh -c ". /etc/virtbs/environment && echo \\$WORKERPASS"');
    t.equal(read.stdout, SECRET);

    const second = await lease(t, directory);
    t.not(second.slice, first.slice);
    t.match(await ask(second, directory, 'ls /etc/virtbs'), { code: 1 });
    const status = await runVirtbs(directory, '-s', String(second.slice), 'status', '--json');
    t.match(JSON.parse(status.stdout), { vms: [{ ssh: 'ready', power: 'running' }] });
    t.match(await runVirtbs(directory, 'reap'), { stdout: 'nothing to end' });
    const wiped = JSON.parse((await runVirtbs(directory, 'wipe', '--session', first.session, '--json')).stdout) as {
      readonly slices: readonly { readonly slice: number }[];
    };
    t.strictSame(
      wiped.slices.map(({ slice }) => slice),
      [first.slice, second.slice].sort((one, other) => one - other),
    );
  },
);

t.test(
  'a lease whose time is over goes with the next one; one that cannot be made leaves nothing',
  { skip },
  async (t) => {
    const directory = t.testdir();
    t.teardown(() => runVirtbs(directory, 'wipe', '--session'));
    const first = await lease(t, directory, '--ttl', '1');
    const next = await runVirtbs(directory, 'lease', 'roles', 'plain:1');
    t.match(next, { code: 0, stderr: new RegExp(`slice ${first.slice} is wiped: its time was over at `) });
    t.match(
      next.stdout,
      /^slice \d+: 1 VM after [\s\S]*log in: ssh -F [\s\S]*until 20.*; virtbs -s \d+ wipe ends it before$/,
    );
    await runVirtbs(directory, 'wipe', '--session');

    const missing = await runVirtbs(directory, 'lease', 'roles', 'plain:1', '--file', '/etc/token=none');
    t.match(missing, { code: 1, stderr: /--file: .*none cannot be read/ });
    await writeFile(join(directory, 'tasks.yaml'), "tasks: { broken: { on: all, run: 'exit 3' } }\n");
    const failed = await runVirtbs(directory, '-c', 'tasks.yaml', 'lease', 'roles', 'plain:1', '--do');
    t.match(failed, { code: 1, stderr: /slice \d+ is wiped/ });
    t.match(await runVirtbs(directory, '-s', '3', 'lease', 'roles', 'plain:1'), {
      code: 2,
      stderr: /lease: --slice 3 is not taken: lease takes a free slice/,
    });
    t.match(JSON.parse((await runVirtbs(directory, 'ls', '--json')).stdout), { slices: [] });
  },
);

t.test('a lease that comes back from a checkpoint has its own files, and no others', { skip }, async (t) => {
  const directory = t.testdir();
  t.teardown(() => runVirtbs(directory, 'checkpoint', 'rm', '--all'));
  t.teardown(() => runVirtbs(directory, 'wipe', '--session'));
  const given = async (name: string, content: string): Promise<Leased> => {
    await writeFile(join(directory, name), content);
    return await lease(t, directory, '--file', `/srv/keys/${name}=${name}`, '--checkpoint', 'yes');
  };
  const first = await given('one', `${SECRET}\n`);
  t.equal(first.checkpoint, 'kept');
  t.equal((await ask(first, directory, 'sudo stat -c "%a %U" /srv/keys/one')).stdout, '600 root');
  await runVirtbs(directory, '-s', String(first.slice), 'wipe');
  const second = await given('two', "it's 2\n\n\\ $x");
  t.match(second, { slice: first.slice, checkpoint: 'restored' });
  t.equal((await ask(second, directory, 'sudo cat /srv/keys/*; echo .')).stdout, "it's 2\n\n\\ $x.");
});

t.test('a lease comes back from the checkpoint in which its tasks are done', { skip }, async (t) => {
  const directory = t.testdir({
    'tasks.yaml': "tasks: { deploy: { on: all, run: 'ls /srv/keys >>/root/trace; echo deployed >>/root/trace' } }\n",
    key: SECRET,
  });
  t.teardown(() => runVirtbs(directory, 'checkpoint', 'rm', '--all'));
  t.teardown(() => runVirtbs(directory, 'wipe', '--session'));
  const file = ['--file', '/srv/keys/key=key'];
  const leased = async (...args: readonly string[]): Promise<Leased> =>
    await lease(t, directory, '-c', 'tasks.yaml', '--checkpoint', 'yes', ...args, '--do');
  const trace = async (made: Leased): Promise<string> => (await ask(made, directory, 'sudo cat /root/trace')).stdout;
  const first = await leased();
  t.match([first.checkpoint, first.tasks], ['kept', [{ task: 'deploy', outcome: 'ran' }]]);
  await runVirtbs(directory, '-s', String(first.slice), 'wipe');
  const second = await leased('--late-files', ...file);
  t.match(second, { slice: first.slice, checkpoint: 'restored', tasks: [{ outcome: 'skipped' }] });
  t.equal(await trace(second), 'deployed');
  t.equal((await ask(second, directory, 'sudo cat /srv/keys/key')).stdout, SECRET, 'the files came after the tasks');
  await runVirtbs(directory, '-s', String(first.slice), 'wipe');
  const early = await leased(...file);
  t.match(early, { slice: first.slice, checkpoint: 'restored', tasks: [{ outcome: 'ran' }] });
  t.equal(await trace(early), 'key\ndeployed', 'tasks that follow files run each time');
});
