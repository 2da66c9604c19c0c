import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { run, runVirtbs } from '../e2e/run-virtbs.js';
import { noLibvirt } from '../libvirt/no-libvirt.js';
import { startFakeCloud } from '../openstack/fake-cloud.js';
import { runLine } from './run-line.js';

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

t.test('help and ls load neither zod nor YAML nor HTTP nor the image code', { skip: noLibvirt }, async (t) => {
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
        /\/(zod|yaml|undici)\/|\/src\/(image|config)\/(?!checkpoint-settings|capacity|image-name)/.test(line),
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
  const surroundings = { cwd: root, variables: cloud.environment() };
  for (const words of [['ls'], ['top', '--once', '--interval', '1ms'], ['inventory'], ['wipe', '--all', '--yes']]) {
    const call = ['--driver', 'openstack', '--root', root, ...words];
    t.match(
      (await runLine([...call, '-v'], surroundings)).stderr,
      /^compute: GET \/servers\/detail 200, \d+ ms, req-/m,
      words.join(' '),
    );
    t.equal((await runLine(call, surroundings)).stderr, '', words.join(' '));
  }
});

t.test('log needs nothing but the log, and ssh nothing but its files', async (t) => {
  const logs = { 'plain-60.console.log': 'hello\n' };
  const root = t.testdir({ slices: { 1: { logs } } });
  t.match(await runVirtbs('/', '--root', root, 'log', 'plain'), { code: 0, stdout: 'hello' });
  t.match(await runVirtbs('/', '--root', root, 'ssh', 'plain'), { code: 1, stderr: /no VMs to log in to/ });
  const heavy =
    /\/(koffi|zod|yaml|xml2js|nano-spawn|log-update)\/|\/src\/(libvirt|driver(?!\/known-drivers)|image|plan\/make-plan)/;
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
    'log [vm]',
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

t.test('help VERB is --help of the verb, and lists its own options before those of every command', async (t) => {
  for (const words of [['cycle'], ['image', 'build']]) {
    const { code, stdout, stderr } = await runVirtbs('/', 'help', ...words);
    t.match({ code, stderr }, { code: 0, stderr: '' });
    t.equal(stdout, (await runVirtbs('/', ...words, '--help')).stdout, words.join(' '));
    const groups = stdout.match(/^[A-Z][a-z]+(?=:$)/gm) ?? [];
    const expected = ['Positionals', 'Options', 'Slice', 'Configuration', 'Output', 'Help'];
    t.strictSame(groups.slice(0, expected.length), expected);
  }
});

t.test('help alone, and of itself, is help; a wrong verb is told', async (t) => {
  const all = (await runVirtbs('/', '--help')).stdout;
  t.match(await runVirtbs('/', 'help'), { code: 0, stdout: all, stderr: '' });
  t.match(await runVirtbs('/', '-q', 'help'), { code: 0, stdout: all, stderr: '' });
  t.match(await runVirtbs('/', 'help', 'help'), { code: 0, stdout: /^virtbs help \[command\.\.\]/, stderr: '' });
  t.match(await runVirtbs('/', 'help', 'cylce'), { code: 2, stdout: '', stderr: /did you mean "cycle"\?/ });
});

t.test('version prints what --version prints', async (t) => {
  const version = (await runVirtbs('/', '--version')).stdout;
  t.match(await runVirtbs('/', 'version'), { code: 0, stdout: version, stderr: '' });
});

const WRONG: readonly (readonly [line: string, message: RegExp])[] = [
  ['', /say what to do: cycle, .*wipe, .*plan, ls, config/],
  ['cylce roles plain', /unknown command "cylce", did you mean "cycle"\?/],
  ['help image bild', /unknown command "bild", did you mean "build"\?/],
  ['image bild mini', /unknown command "bild", did you mean "build"\?/],
  ['image build mni', /unknown image slot "mni", did you mean "mini"\?/],
  ['image rm ../x', /"\.\.\/x" is neither SLOT, SLOT:TAG nor SLOT\/BUILD/],
  ['image gc --older soon', /--older: "soon" is not a duration/],
  ['image export mini x --format vmdk', /^error: --format: "vmdk" is not one of /],
  ['graph --format png', /^error: --format: "png" is not one of "svg", "mermaid", "dot"/],
  ['completion tcsh', /^error: shell: "tcsh" is not one of /],
  ['list', /unknown command "list": it is called "ls" here/],
  ['destroy', /unknown command "destroy": it is called "wipe" here/],
  ['delete', /unknown command "delete": it is called "wipe" here/],
  ['plan roles plain:-1', /"plain:-1": the count "-1" is not a whole number from 0 to 999999/],
  ['image import x mini', /slot "mini" has a recipe \(mini\)/],
  ['tag mini default', /tag "default" cannot be set: it moves with the recipe/],
  ['tag mini', /arguments are missing: got 1, need at least 2/],
  ['wipe everything', /unexpected argument "everything"/],
  ['cycle roles', /arguments are missing: got 1, need at least 2/],
  ['cycle worker', /^error: worker is a role, and no layer\nhint: give it a count: worker:1/],
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
  ['cycle roles plain --dry-run=maybe', /--dry-run: "maybe" is neither true nor false/],
  ['wipe --all -y=', /-y: "" is neither true nor false/],
  ['cycle roles plain --ttl 1h --ttl 2h', /--ttl is given 2 times/],
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
    const ending = await runLine(line.split(' ').filter(Boolean));
    t.match(ending, { code: 2, stdout: '', stderr: message });
    t.notMatch(ending.stderr, /^\s+at /m, 'no stack trace');
    t.match(ending.stderr, /^error: [^]*^hint: /m);
  });
}

t.test('the process of a command that is refused ends with its exit code', async (t) => {
  t.match(await runVirtbs('/', 'wipe', 'everything'), {
    code: 2,
    stdout: '',
    stderr: /unexpected argument "everything"/,
  });
});

t.test('a hypervisor that is not there is an error with exit code 1 and a way out', { skip: noLibvirt }, async (t) => {
  const ending = await runLine(['--connect', 'qemu+unix:///system?socket=/nowhere', 'ls']);
  t.match(ending, { code: 1, stdout: '', stderr: /^error: qemu\+unix[^]*hint: / });
});

t.test('of -e and -E the later one wins', async (t) => {
  const path = 'network_flags.net.mtu';
  const mtu = async (...overrides: readonly string[]): Promise<unknown> => {
    const { stdout } = await runLine([...overrides, 'plan', 'roles', 'plain', '--json']);
    return (JSON.parse(stdout) as { networks: { mtu: number }[] }).networks[0]?.mtu;
  };
  t.equal(await mtu('-e', `${path}=1400`, '-E', `${path}=1300`), 1300);
  t.equal(await mtu('-E', `${path}=1300`, `--set=${path}=1400`), 1400);
  t.equal(await mtu(`--set-literal`, `${path}=1300`, '-e', `${path}=1350`, '-e', `${path}=1400`), 1400);
});

t.test('options may stand before the command and behind it', async (t) => {
  const before = await runLine(['--slice', '3', '--json', 'plan', 'roles', 'plain:1']);
  const behind = await runLine(['plan', 'roles', 'plain:1', '--json', '-s3']);
  t.equal(before.stdout, behind.stdout);
  t.equal((JSON.parse(before.stdout) as { slice: number }).slice, 3);
});

t.test('config shows every value with its source, and what it prints is a configuration', async (t) => {
  const directory = t.testdir({ 'mine.yaml': 'network_flags:\n  net:\n    mtu: 1400\n' });
  const { code, stdout } = await runLine(['-c', 'mine.yaml', 'config'], { cwd: directory });
  t.equal(code, 0);
  t.match(stdout, /mtu: 1400 +# mine\.yaml:3:10/);
  t.match(stdout, /ipv4_start: "172\.16\.0\.0" +# .*slices\/address-pool\.yaml:\d+:\d+/);
});

t.test('config tells options, variables, files and defaults apart', async (t) => {
  const cwd = t.testdir({ 'mine.yaml': 'slice: 3\ntopology: plain:1\npaths: {}\n', none: {} });
  const config = async (words: readonly string[], variables = {}): Promise<string> =>
    (await runLine([...words, 'config'], { cwd, variables })).stdout;
  const plain = await config([]);
  for (const line of [
    /^slice: 1 +# default$/m,
    /^driver: libvirt +# default$/m,
    /^ {2}virtbs_root: \S+ +# default$/m,
  ]) {
    t.match(plain, line);
  }
  const said = await config(['-c', 'mine.yaml', '--root', '/a', '--driver', 'openstack'], { VIRTBS_ROOT: '/b' });
  t.match(said, /^slice: 3 +# mine\.yaml:1:8$/m);
  t.match(said, /^driver: openstack +# --driver$/m);
  t.match(said, /^paths:\n {2}virtbs_root: \/a +# --root$/m);
  t.match(said, /^topology:\n {2}roles:\n {4}plain: 1 +# mine\.yaml:2:11\n {2}layers: \[roles\] +# default$/m);
  const from = await config(['-c', 'mine.yaml', '-s', 'auto'], { VIRTBS_ROOT: '/b', VIRTBS_DRIVER: 'libvirt' });
  t.match(from, /^ {2}virtbs_root: \/b +# VIRTBS_ROOT$/m);
  t.match(from, /^driver: libvirt +# VIRTBS_DRIVER$/m);
  t.notMatch(from, /^slice:/m);
  await writeFile(join(cwd, 'printed.yaml'), said);
  const again = await config(['-c', 'printed.yaml']);
  t.equal(again.replaceAll(/ +#.*/g, ''), said.replaceAll(/ +#.*/g, ''), 'what it prints gives the same');
});

t.test('a reader that goes away is no reason for a stack trace', async (t) => {
  const virtbs = join(await packageDirectory(), 'bin', 'virtbs');
  const { stderr } = await run('/', ['sh', '-c', '"$0" "$1" config | head -n 1', process.execPath, virtbs]);
  t.equal(stderr, '');
});

t.test('nouns have one grammar, and their old forms go on working', { skip: noLibvirt }, async (t) => {
  const root = t.testdir({ slices: {}, locks: {} });
  const call = async (...words: readonly string[]) =>
    await runLine(['--root', root, ...TEST_DRIVER, ...words], { cwd: root });
  for (const line of ['snapshot ls', 'snapshots']) {
    t.match(await call(...line.split(' ')), { code: 0, stdout: 'slice 1 has no snapshots' }, line);
  }
  for (const line of ['snapshot show x', 'snapshot rm x', 'snapshot --delete x', 'snapshot x --delete']) {
    t.match(await call(...line.split(' ')), { code: 1, stderr: /slice 1 has no (snapshot "x"|VMs)/ }, line);
  }
  for (const line of ['snapshot x', 'snapshot make ls']) {
    t.match(await call(...line.split(' ')), { code: 1, stderr: /code: snapshot-unsupported/ }, line);
  }
  t.match(await call('snapshot', 'x', 'y'), { code: 2, stderr: /unexpected argument "y"/ });
  t.match(await call('snapshot', 'make', 'x', 'y'), { code: 2, stderr: /unexpected argument "y"/ });
  t.match(await call('snapshot'), { code: 2, stderr: /arguments are missing/ });
  t.match(await call('checkpoint', 'show', 'x'), { code: 1, stderr: /there is no checkpoint x/ });
});

t.test('config lists layers, roles and networks', async (t) => {
  t.match((await runLine(['config', 'layers'])).stdout, /^LAYER +ROLES\n(?:.*\n)*roles +controller, worker/);
  t.match((await runLine(['config', 'roles'])).stdout, /^ROLE +LAYERS\n(?:.*\n)*controller +debian, .*, roles\n/);
  t.match((await runLine(['config', 'networks'])).stdout, /^NETWORK +ROLES\n(?:.*\n)*net +controller/);
  const { stdout } = await runLine(['config', 'networks', '--json']);
  t.match(JSON.parse(stdout), { version: 1, kind: 'networks', names: [{ name: String, related: Array }] });
  t.equal((await runLine(['config', 'show'])).stdout, (await runLine(['config'])).stdout);
});
