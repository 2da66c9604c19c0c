import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { run, runVirtbs } from '../e2e/run-virtbs.js';
import { startFakeCloud } from '../openstack/fake-cloud.js';

/** The test driver of libvirt runs in the process and needs no daemon. */
const TEST_DRIVER = ['--connect', 'test:///default'];

async function importsOf(...args: readonly string[]): Promise<readonly string[]> {
  const hook = fileURLToPath(new URL('./log-imports.js', import.meta.url));
  // Not the bundle that bin/virtbs runs: it has no names of modules.
  const main = new URL('../../src/cli/main.js', import.meta.url).href;
  const script = `import { main } from ${JSON.stringify(main)}; process.exitCode = await main(process.argv.slice(1));`;
  const command = ['--import', hook, '--input-type=module', '--eval', script, '--', ...args];
  const { code, stderr } = await run('/', [process.execPath, ...command]);
  if (code !== 0) throw new Error(stderr);
  return stderr.split('\n').filter((line) => line.startsWith('import '));
}

t.test('help and ls load neither zod nor YAML nor HTTP nor the image code', async (t) => {
  for (const args of [
    ['--help'],
    ['cycle', '--help'],
    ['image', 'gc', '--help'],
    ['tag', '--help'],
    [...TEST_DRIVER, 'ls'],
    [...TEST_DRIVER, '-s', '1', 'ls', '--json'],
  ]) {
    const imports = await importsOf(...args);
    t.ok(
      imports.some((line) => line.endsWith('/src/cli/main.js')),
      'the hook sees imports',
    );
    t.strictSame(
      imports.filter((line) =>
        /\/(zod|yaml|undici)\/|\/src\/(image|config)\/(?!nearest-word|unknown-word|place)/.test(line),
      ),
      [],
      args.join(' '),
    );
  }
  t.ok(
    (await importsOf('plan', 'roles', 'plain')).some((line) => line.includes('/zod/')),
    'the hook would see zod',
  );
});

t.test('commands without progress show their requests with -v, and nothing of them without it', async (t) => {
  await using cloud = await startFakeCloud();
  const root = t.testdir({ root: {} });
  const variables = Object.entries(cloud.environment()).map(([name, value]) => `${name}=${value}`);
  const virtbs = join(await packageDirectory(), 'bin', 'virtbs');
  for (const words of [['ls'], ['top', '--once', '--interval', '1ms'], ['inventory'], ['wipe', '--all', '--yes']]) {
    const call = ['env', ...variables, process.execPath, virtbs, '--driver', 'openstack', '--root', root, ...words];
    t.match(
      (await run(root, [...call, '-v'])).stderr,
      /^compute: GET \/servers\/detail 200, \d+ ms, req-/m,
      words.join(' '),
    );
    t.equal((await run(root, call)).stderr, '', words.join(' '));
  }
});

t.test('log needs nothing but the log, and ssh nothing but its files', async (t) => {
  const logs = { 'plain-60.console.log': 'hello\n' };
  const root = t.testdir({ slices: { 1: { logs } } });
  t.match(await runVirtbs('/', '--root', root, 'log', 'plain'), { code: 0, stdout: 'hello' });
  t.match(await runVirtbs('/', '--root', root, 'ssh', 'plain'), { code: 1, stderr: /no VMs to log in to/ });
  const heavy = /\/(koffi|zod|yaml|xml2js|nano-spawn|log-update)\/|\/src\/(libvirt|driver|image|plan\/make-plan)/;
  const imports = await importsOf('--root', root, 'log', 'plain');
  t.strictSame(
    imports.filter((line) => heavy.test(line)),
    [],
  );
});

t.test('every command is in the help, with the exit codes', async (t) => {
  const { code, stdout, stderr } = await runVirtbs('/', '--help');
  t.equal(code, 0, stderr);
  for (const word of [
    'cycle [layers] [topology..]',
    'up [layers] [topology..]',
    'replace <vms..>',
    'start [vms..]',
    'stop [vms..]',
    'reboot [vms..]',
    'wait [vms..]',
    'status [vms..]',
    'ssh <vm> [command..]',
    'run [command..]',
    'console <vm>',
    'log <vm>',
    'top [vms..]',
    'wipe',
    'plan',
    'ls',
    'config',
    'image',
    'tag <slot> <tags..>',
    'untag',
    'tagactive',
    '--slice',
    'Exit codes: 0',
  ]) {
    t.ok(stdout.includes(word), word);
  }
  t.match((await runVirtbs('/', '--version')).stdout, /^\d+\.\d+\.\d+$/);
});

const WRONG: readonly (readonly [line: string, message: RegExp])[] = [
  ['', /say what to do: cycle, .*wipe, .*plan, ls, config/],
  ['cylce roles plain', /unknown command "cylce", did you mean "cycle"\?/],
  ['image bild mini', /unknown command "bild", did you mean "build"\?/],
  ['image build mni', /unknown image slot "mni", did you mean "mini"\?/],
  ['image rm ../x', /"\.\.\/x" is neither SLOT, SLOT:TAG nor SLOT\/BUILD/],
  ['image gc --older soon', /--older: "soon" is not a duration/],
  ['image export mini x --format vmdk', /Invalid values/],
  ['image import x mini', /slot "mini" has a recipe \(mini\)/],
  ['tag mini default', /tag "default" cannot be set: it moves with the recipe/],
  ['tag mini', /arguments are missing: got 1, need at least 2/],
  ['wipe everything', /unexpected argument "everything"/],
  ['cycle roles', /arguments are missing: got 1, need at least 2/],
  ['cycle', /arguments are missing: no layers, no topology, and no file that says them/],
  ['plan --file /dev/null', /\/dev\/null: there is no section "topology"/],
  ['plan -f /dev/null roles plain', /"roles plain" besides --file/],
  ['plan -f /nowhere/x.yaml', /nowhere\/x\.yaml: no such file/],
  ['replace', /arguments are missing: got 0, need at least 1/],
  ['run -r worker', /run: no command is given/],
  ['ls -- more', /unexpected argument "more"/],
  ['ssh worker ls -la', /unknown option "-l"/],
  ['log worker -n many', /--lines: "many" is not a number/],
  ['stop --timeout soon', /--timeout: "soon" is not a duration/],
  ['up roles plain --rebild', /unknown option "--rebild", did you mean "--rebuild"\?/],
  ['cycle roles plain --dry-urn', /unknown option "--dry-urn", did you mean "--dry-run"\?/],
  ['--slcie 1 ls', /unknown option "--slcie", did you mean "--slice"\?/],
  ['ls --timings', /unknown option "--timings"/],
  ['-s one ls', /--slice: "one" is not a number/],
  ['-s -1 ls', /slice/],
  ['-s 1 -s 2 ls', /--slice is given 2 times/],
  ['-s 256 plan roles plain', /--slice 256 does not fit/],
  ['cycle roles plain --timeout soon', /--timeout: "soon" is not a duration/],
  ['with roles plain', /with: no command is given/],
  ['with roles -- true', /arguments are missing: got 1, need at least 2/],
  ['-s auto cycle roels plain', /unknown layer "roels", did you mean "roles"\?/],
  ['wipe -- everything', /unexpected argument "everything"/],
  ['wipe --all --session', /--all and --session exclude each other/],
  ['-s 1 wipe --all', /--all and --slice exclude each other/],
  ['cycle roles plain --ttl soon', /--ttl: "soon" is not a duration/],
  ['plan roles plain:x', /"plain:x": the count "x" is not a number/],
  ['plan roles plain plain', /role "plain" is asked for twice/],
  ['plan roels plain', /unknown layer "roels", did you mean "roles"\?/],
  ['plan roles plan', /unknown role "plan", did you mean "plain"\?/],
  ['-e network_flags.net.mtu=big plan roles plain', /-e network_flags\.net\.mtu=big .*"big"/],
  ['-E network_flags.net={idd:1} plan roles plain', /-E network_flags\.net=\{idd:1\}/],
  ['-c /nowhere.yaml plan roles plain', /nowhere\.yaml: no such file/],
];

for (const [line, message] of WRONG) {
  t.test(`"virtbs ${line}" is refused with exit code 2 and one message`, async (t) => {
    const ending = await runVirtbs('/', ...line.split(' ').filter(Boolean));
    t.match(ending, { code: 2, stdout: '', stderr: message });
    t.notMatch(ending.stderr, /^\s+at /m, 'no stack trace');
    t.match(ending.stderr, /^error: [^]*^hint: /m);
  });
}

t.test('a hypervisor that is not there is an error with exit code 1 and a way out', async (t) => {
  const ending = await runVirtbs('/', '--connect', 'qemu+unix:///system?socket=/nowhere', 'ls');
  t.match(ending, { code: 1, stdout: '', stderr: /^error: qemu\+unix[^]*hint: / });
});

t.test('of -e and -E the later one wins', async (t) => {
  const path = 'network_flags.net.mtu';
  const mtu = async (...overrides: readonly string[]): Promise<unknown> => {
    const { stdout } = await runVirtbs('/', ...overrides, 'plan', 'roles', 'plain', '--json');
    return (JSON.parse(stdout) as { networks: { mtu: number }[] }).networks[0]?.mtu;
  };
  t.equal(await mtu('-e', `${path}=1400`, '-E', `${path}=1300`), 1300);
  t.equal(await mtu('-E', `${path}=1300`, `--set=${path}=1400`), 1400);
  t.equal(await mtu(`--set-literal`, `${path}=1300`, '-e', `${path}=1350`, '-e', `${path}=1400`), 1400);
});

t.test('options may stand before the command and behind it', async (t) => {
  const before = await runVirtbs('/', '--slice', '3', '--json', 'plan', 'roles', 'plain:1');
  const behind = await runVirtbs('/', 'plan', 'roles', 'plain:1', '--json', '-s3');
  t.equal(before.stdout, behind.stdout);
  t.equal((JSON.parse(before.stdout) as { slice: number }).slice, 3);
});

t.test('config shows every value with its source, and what it prints is a configuration', async (t) => {
  const directory = t.testdir({ 'mine.yaml': 'network_flags:\n  net:\n    mtu: 1400\n' });
  const { code, stdout } = await runVirtbs(directory, '-c', 'mine.yaml', 'config');
  t.equal(code, 0);
  t.match(stdout, /mtu: 1400 +# mine\.yaml:3:10/);
  t.match(stdout, /ipv4_start: "172\.16\.0\.0" +# .*slices\/address-pool\.yaml:\d+:\d+/);
});

t.test('a reader that goes away is no reason for a stack trace', async (t) => {
  const virtbs = join(await packageDirectory(), 'bin', 'virtbs');
  const { stderr } = await run('/', ['sh', '-c', '"$0" "$1" config | head -n 1', process.execPath, virtbs]);
  t.equal(stderr, '');
});
