import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { checkpointHolders } from '../../src/checkpoint/checkpoint-holders.js';
import type { CheckpointRecord } from '../../src/checkpoint/checkpoint-record.js';
import type { KeptUnit } from '../../src/checkpoint/kept-unit.js';
import type { CommandContext } from '../../src/cli/command.js';
import { renderTasks } from '../../src/cli/render/tasks.js';
import type { TaskSettings } from '../../src/config/task-settings.js';
import { VirtbsError } from '../../src/errors.js';
import { checkpointPaths, checkpointRecordPath } from '../../src/filenames.js';
import { Secrets } from '../../src/secrets.js';
import type { DoOptions } from '../../src/task/do-options.js';
import { outcomes, setUpTasks, type TaskBench } from './task-bench.js';
import { taskOf } from './task-of.js';

const CLUSTER = `
tasks:
  repo: { on: all, run: 'echo "repo $VM" >>$TRACE' }
  primary:
    { on: controller, first: true, wants: [repo], script: primary.sh, arguments: ['a b'], gives: [token] }
  standby: { on: worker, wants: [primary], takes: [token], run: 'echo "standby $VM $token" >>$TRACE' }
  verify: { on: here, wants: [standby], run: 'echo "verify $VIRTBS_SLICE" >>'TRACE }
`;

t.test('tasks run in the order of their wants, on all their VMs, and are done once', async (t) => {
  const bench = await setUpTasks(t, 'controller:1', 'worker:2');
  const yaml = CLUSTER.replace("'TRACE }", `${bench.folder}/trace' }`);
  await bench.write('primary.sh', '#!/bin/sh\necho "primary $1" >>$TRACE; echo "token=t $1" >$VIRTBS_GIVES\n');
  const first = await bench.do(yaml);
  t.strictSame(outcomes(first), [
    'repo controller-02 ran',
    'repo worker-20 ran',
    'repo worker-21 ran',
    'primary controller-02 ran',
    'standby worker-20 ran',
    'standby worker-21 ran',
    'verify here ran',
  ]);
  const trace = await bench.trace();
  t.strictSame([...trace.slice(0, 3)].sort(), ['repo controller-02', 'repo worker-20', 'repo worker-21']);
  t.equal(trace[3], 'primary a b');
  t.strictSame([...trace.slice(4, 6)].sort(), ['standby worker-20 t a b', 'standby worker-21 t a b']);
  t.equal(trace[6], 'verify 1');

  const second = await bench.do(yaml);
  t.ok(
    second.units.every(({ outcome }) => outcome === 'skipped'),
    'nothing is done twice',
  );
  t.equal((await bench.trace()).length, 7);

  await bench.write('primary.sh', '#!/bin/sh\necho "other $1" >>$TRACE; echo "token=t $1" >$VIRTBS_GIVES\n');
  const third = await bench.do(yaml);
  t.match(third.units[3], { task: 'primary', outcome: 'ran', why: 'script primary.sh changed' });
  t.match(third.units[4], { task: 'standby', outcome: 'ran', why: 'task primary changed' });
  t.match(third.units[0], { outcome: 'skipped' });

  bench.generation.set('worker-21', 1);
  const fourth = await bench.do(yaml);
  t.strictSame(
    outcomes(fourth).filter((line) => line.endsWith('ran')),
    ['repo worker-21 ran', 'standby worker-21 ran'],
    'a VM that was replaced runs its tasks again, and nobody else does',
  );
});

t.test('a failure blocks what wants it and nothing else, and the next call goes on there', async (t) => {
  const bench = await setUpTasks(t, 'controller:1', 'worker:1');
  const yaml = `
tasks:
  bad: { on: worker, run: 'echo one; echo two >&2; [ -e ${bench.folder}/mended ] || exit 7' }
  after: { on: all, wants: [bad], run: 'echo after >>$TRACE' }
  aside: { on: controller, run: 'sleep 0.3; echo aside >>$TRACE' }
  more: { on: controller, wants: [aside], run: 'echo more >>$TRACE' }
`;
  const error = await bench.do(yaml).catch((thrown: unknown) => thrown);
  t.ok(error instanceof VirtbsError);
  t.match(error, {
    code: 'task-failed',
    message:
      /bad on worker-20: exit code 7\n {4}one\n {4}two\n {4}log: .*\/tasks\/logs\/bad\/worker-20.log\nnot begun, as they want what failed: 2/,
    hint: 'mend it, and go on with: virtbs -s 1 -c cluster.yaml do',
  });
  t.strictSame(await bench.trace(), ['aside', 'more']);
  await bench.write('../mended', '');
  t.strictSame(outcomes(await bench.do(yaml)), [
    'bad worker-20 ran',
    'after controller-02 ran',
    'after worker-20 ran',
    'aside controller-02 skipped',
    'more controller-02 skipped',
  ]);
  const history = await readFile(join(bench.folder, 'root/slices/1/tasks/history.jsonl'), 'utf8');
  t.match(history, /"task":"bad","vm":"worker-20","outcome":"failed"/);
});

t.test('--stop ends at once what runs', async (t) => {
  const bench = await setUpTasks(t, 'controller:1', 'worker:1');
  const yaml = `
tasks:
  long: { on: controller, run: 'sleep 60' }
  bad: { on: worker, run: 'until [ -d ${bench.folder}/vms/controller-02.0/var/lib/virtbs/tasks/long ]; do sleep 0.1; done; exit 1' }
`;
  const began = performance.now();
  await t.rejects(bench.do(yaml, { stop: true }), { code: 'task-failed' });
  t.ok(performance.now() - began < 30_000);
});

t.test('an interrupt ends what runs', async (t) => {
  const bench = await setUpTasks(t, 'controller:1');
  const controller = new AbortController();
  const run = bench.do("tasks: { long: { on: all, run: 'echo began >>$TRACE; sleep 60' } }", {}, controller.signal);
  const watching = setInterval(() => {
    void bench.trace().then((lines) => (lines.length > 0 ? controller.abort() : undefined));
  }, 20);
  await t.rejects(run, { code: 'cancelled' });
  clearInterval(watching);
  const after = await bench.do("tasks: { long: { on: all, run: 'echo began >>$TRACE; sleep 60' } }", { dryRun: true });
  t.match(after.units, [{ outcome: 'would-run', why: /it failed with exit code 143/ }]);
});

t.test('secrets are made once, are seen by who may see them, and stand in no log and no error', async (t) => {
  const bench = await setUpTasks(t, 'controller:1');
  const yaml = `
secrets: { password: { length: 30 } }
tasks:
  sees: { on: all, sees: [password], run: 'echo "it is $password"; echo "$password" >${bench.folder}/seen; exit 1' }
  blind: { on: all, run: 'echo "[$password]" >>$TRACE' }
`;
  const error = await bench.do(yaml).catch((thrown: unknown) => thrown);
  const secret = (await readFile(join(bench.folder, 'seen'), 'utf8')).trim();
  t.equal(secret.length, 30);
  t.notMatch(String(error), secret);
  t.match(String(error), /it is \*\*\*/);
  t.strictSame(await bench.trace(), ['[]']);
  const node = join(bench.folder, 'vms/controller-02.0/var/lib/virtbs/tasks/sees');
  t.strictSame(
    (await readdir(node)).sort(),
    ['VIRTBS_PEERS', 'began', 'ended', 'key', 'log'],
    'what it was given is gone from the VM',
  );
  const kept = join(bench.folder, 'root/keys/bs1/secrets.json');
  t.equal((await stat(kept)).mode & 0o777, 0o600);
  const root = join(bench.folder, 'root/slices/1');
  for (const name of await readdir(root, { recursive: true })) {
    if ((await stat(join(root, name))).isFile()) t.notMatch(await readFile(join(root, name), 'utf8'), secret, name);
  }
});

t.test('values may have any text in them, and what is no text is told', async (t) => {
  const bench = await setUpTasks(t, 'controller:1', 'worker:1');
  const run = (gives: string, take: string): string => `
tasks:
  give: { on: controller, gives: [value], run: ${JSON.stringify(gives)} }
  take: { on: worker, wants: [give], takes: [value], run: ${JSON.stringify(take)} }
`;
  await bench.write('text', `quotes ' " \`$(id)\` \\n\nsecond line\n\n  blanks `);
  await bench.do(
    run(
      `{ echo 'value<<END'; cat ${bench.folder}/user/text; echo; echo END; } >$VIRTBS_GIVES`,
      `printf %s "$value" >${bench.folder}/got; cmp "$VIRTBS_TAKES/value" ${bench.folder}/user/text`,
    ),
  );
  t.equal(await readFile(join(bench.folder, 'got'), 'utf8'), await readFile(join(bench.folder, 'user/text'), 'utf8'));
  await bench.do(
    run(
      `printf value= >$VIRTBS_GIVES; head -c 1048576 /dev/zero | tr '\\0' x >>$VIRTBS_GIVES`,
      `[ -z "$value" ] && [ $(wc -c <$VIRTBS_TAKES/value) = 1048576 ]`,
    ),
  );
  await t.rejects(bench.do(run(`printf 'value=a\\0b' >$VIRTBS_GIVES`, 'true')), { message: /NUL/ });
  await t.rejects(bench.do(run('true', 'true')), { message: /lacks "value"/ });
  await t.rejects(bench.do(run('echo other=1 >$VIRTBS_GIVES', 'true')), {
    message: /"other", which "gives" does not name/,
  });
});

t.test('a task is tried again as often as it says, and is ended when its time is over', async (t) => {
  const bench = await setUpTasks(t, 'controller:1');
  const twice = `tasks: { flaky: { on: all, retries: { count: 2, pause: 1ms }, run: 'echo try >>$TRACE; [ $(wc -l <$TRACE) = 3 ]' } }`;
  t.strictSame(outcomes(await bench.do(twice)), ['flaky controller-02 ran']);
  await t.rejects(bench.do("tasks: { slow: { on: all, timeout: 200ms, run: 'sleep 60' } }"), {
    message: /slow on controller-02: not done within/,
  });
});

t.test('"unless" says that there is nothing to do', async (t) => {
  const bench = await setUpTasks(t, 'controller:1');
  await bench.do("tasks: { once: { on: all, unless: 'true', run: 'echo run >>$TRACE' } }");
  t.strictSame(await bench.trace(), []);
});

t.test('a program is given the slice, values and secrets on its standard input', async (t) => {
  const bench = await setUpTasks(t, 'controller:1', 'worker:1');
  await bench.write('report', `#!/bin/sh\ncat >${bench.folder}/input; echo "$1"`);
  const { chmod } = await import('node:fs/promises');
  await chmod(join(bench.folder, 'user/report'), 0o755);
  await bench.do(`tasks: { report: { on: here, program: report, arguments: [one] } }`);
  t.match(JSON.parse(await readFile(join(bench.folder, 'input'), 'utf8')), {
    version: 1,
    slice: 1,
    vms: [{ hostname: 'controller-02' }, { hostname: 'worker-20' }],
    task: 'report',
  });
});

t.test('what cannot be run is told with its place before anything runs', async (t) => {
  const bench = await setUpTasks(t, 'controller:1');
  const refused = async (yaml: string, message: RegExp): Promise<void> => {
    await t.rejects(bench.do(`${yaml}\n  first: { on: all, run: 'echo ran >>$TRACE' }\n`), { exitCode: 2, message });
  };
  await refused(
    "tasks:\n  a: { on: wroker, run: 'true' }",
    /cluster.yaml:2:12: a: no VM with a login has this name or role/,
  );
  await refused(
    "tasks:\n  a: { on: all, wants: [b], run: 'true' }\n  b: { on: all, wants: [a], run: 'true' }",
    /a -> b -> a/,
  );
  await refused("tasks:\n  a: { on: all, wants: [frist], run: 'true' }", /unknown task "frist", did you mean "first"/);
  await refused('tasks:\n  a: { on: all }', /nothing to do/);
  await refused("tasks:\n  a: { on: all, run: 'true', script: x }", /run and script: give one of them/);
  await refused("tasks:\n  a: { on: all, takes: [x], run: 'true' }", /no task gives the value "x"/);
  await refused("tasks:\n  a: { on: all, sees: [x], run: 'true' }", /unknown secret "x"/);
  await refused('tasks:\n  a: { on: all, script: missing.sh }', /missing.sh/);
  await bench.write('windows.sh', '#!/bin/sh\r\ntrue\r\n');
  await refused(
    'tasks:\n  a: { on: all, script: windows.sh }',
    /cluster.yaml:2:.* a: the lines of its script end as in Windows/,
  );
  await refused("tasks:\n  a: { on: here, wants_here: [first], run: 'true' }", /"first" does not/);
  t.strictSame(await bench.trace(), []);
});

t.test('a task gives its node files, and runs its action after that', async (t) => {
  const bench = await setUpTasks(t, 'controller:1');
  await bench.write('motd', 'hello\n');
  const yaml = `
tasks:
  give:
    on: all
    files: [{ path: ${bench.folder}/given/motd, source: motd, mode: '0600' }, { path: ${bench.folder}/given/text, content: text }]
    run: 'cat ${bench.folder}/given/motd >>$TRACE'
`;
  await bench.do(yaml);
  t.strictSame(await bench.trace(), ['hello']);
  t.equal((await stat(join(bench.folder, 'given/motd'))).mode & 0o777, 0o600);
  await bench.write('motd', 'other\n');
  t.match((await bench.do(yaml)).units, [{ outcome: 'ran', why: 'file motd changed' }]);
});

t.test('what is done is said to be done, forgotten, and done again when asked for', async (t) => {
  const bench = await setUpTasks(t, 'controller:1');
  const yaml = `
tasks:
  one: { on: all, run: 'echo one >>$TRACE' }
  two: { on: all, wants: [one], run: 'echo two >>$TRACE' }
`;
  t.match((await bench.do(yaml, { done: ['one'] })).units, [{ why: 'said to be done' }, { outcome: 'ran' }]);
  t.strictSame(await bench.trace(), ['two']);
  t.match((await bench.do(yaml, { again: ['two'] })).units, [{ outcome: 'skipped' }, { why: 'asked for by --again' }]);
  await bench.forget(yaml, ['one']);
  t.match((await bench.do(yaml, { dryRun: true })).units, [
    { outcome: 'would-run', why: 'it was not run yet' },
    { outcome: 'skipped' },
  ]);
});

/** Returns the list of tasks as a person sees it. */
async function list(bench: TaskBench, yaml: string, changes: Partial<DoOptions> = {}): Promise<string> {
  const shown: string[] = [];
  const stdout = { write: (text: string) => shown.push(text) };
  const context = { stdout } as unknown as CommandContext;
  renderTasks(await bench.do(yaml, { dryRun: true, ...changes }), { json: false, quiet: false }, context);
  return shown.join('');
}

t.test('a file that goes while tasks run fails the task that gives it, and nobody else', async (t) => {
  const bench = await setUpTasks(t, 'controller:1');
  await bench.write('gift', 'for two');
  const failure = await bench
    .do(
      `
tasks:
  one: { on: all, run: 'rm ${bench.folder}/user/gift' }
  two: { on: all, wants: [one], files: [{ path: ${bench.folder}/given, source: gift }] }
  three: { on: all, wants: [one], run: 'echo three >>$TRACE' }
`,
    )
    .catch((error: unknown) => error);
  t.match(failure, { code: 'task-failed', message: /^two on controller-02: what it gives cannot be read: .*gift/ });
  t.strictSame(await bench.trace(), ['three']);
});

t.test('a connection that is lost while output is copied is made anew, and the output is whole', async (t) => {
  const bench = await setUpTasks(t, 'controller:1');
  const yaml = "tasks: { one: { on: all, run: 'seq 1000; echo one >>$TRACE' } }";
  const { command } = await bench.options(yaml);
  let connections = 0;
  const lost: DoOptions['command'] = (hostname) => (script, where) => {
    const words = command(hostname)(script, where);
    return connections++ > 0 ? words : ['sh', '-c', 'sed -u "/^get one log/Q" | "$@"', 'sh', ...words];
  };
  const { units } = await bench.do(yaml, { command: lost });
  t.match(units, [{ task: 'one', outcome: 'ran' }]);
  t.equal(connections, 2);
  t.strictSame(await bench.trace(), ['one'], 'it is not run again');
  t.match(await readFile(units[0]?.log ?? '', 'utf8'), /^1\n2\n[^]*\n999\n1000\n$/);
});

t.test('a dry run asks only VMs that run, and says of the others why their tasks would be run', async (t) => {
  const bench = await setUpTasks(t, 'controller:1', 'worker:2');
  const yaml = `
tasks:
  one: { on: all, run: 'true', peers: none }
  two: { on: here, wants: [one], run: 'true' }
  three: { on: controller, wants: [one], run: 'true' }
`;
  await bench.do(yaml);
  bench.generation.set('worker-21', 1);
  const absent = new Map([['worker-21', 'its VM is to be made']]);
  const { units } = await bench.do(yaml, { dryRun: true, absent });
  t.strictSame(outcomes({ version: 1, slice: 1, dryRun: true, units }), [
    'one controller-02 skipped',
    'one worker-20 skipped',
    'one worker-21 would-run',
    'two here skipped',
    'three controller-02 skipped',
  ]);
  t.match(units[2], { why: 'its VM is to be made' });
  t.notOk((await readdir(join(bench.folder, 'vms'))).includes('worker-21.1'), 'it was not asked');
  const first = await bench.do(yaml, { dryRun: true, absent: new Map([['controller-02', 'its VM is off']]) });
  t.match(first.units[3], { task: 'two', outcome: 'would-run' }, 'the first VM has the records of tasks that run here');
});

t.test('the list of tasks says which checkpoint holds a task as it is now', async (t) => {
  const bench = await setUpTasks(t, 'controller:1');
  const yaml = "tasks: { one: { on: all, run: 'true' }, two: { on: all, wants: [one], run: 'true' } }";
  await bench.do(yaml);
  const kept = join(bench.folder, 'vms', 'controller-02.0', 'var/lib/virtbs/tasks/one/key');
  const { key, parts } = JSON.parse(await readFile(kept, 'utf8')) as Pick<KeptUnit, 'key' | 'parts'>;
  const root = join(bench.folder, 'root');
  const unit: KeptUnit = {
    ...{ task: 'one', vm: 'controller-02', key, parts, gives: {}, milliseconds: 1 },
    ended: '2026-01-02T03:04:05.000Z',
  };
  for (const [slice, name, created] of [
    [1, 'a', '2026-01-02T03:04:05.000Z'],
    [1, 'b', '2026-01-02T03:04:06.000Z'],
    [2, 'c', '2026-01-02T03:04:07.000Z'],
  ] as const) {
    const { directory } = checkpointPaths(root, name.repeat(16));
    await mkdir(directory, { recursive: true });
    const known = { plan: 'x', builds: [], vms: [], facts: {}, base: 'f'.repeat(16), units: [unit] };
    const record: CheckpointRecord = { version: 1, key: name.repeat(16), slice, created, ...known };
    await writeFile(checkpointRecordPath(directory), JSON.stringify(record));
  }
  const holder = await checkpointHolders(root, 1);
  const held = await list(bench, yaml, { holder });
  t.match(held, /^TASK +ON +STATE +DONE +CHECKPOINT +WHY$/m);
  t.match(held, /^one .* done .* ago +b{16}/m, 'the newest of this slice');
  t.match(held, /^two .* done .* ago +-/m);
  const edited = await list(bench, yaml.replace("'true'", "'exit 0'"), { holder });
  t.match(edited, /^one .* to do again .*what it runs changed/m);
  t.notMatch(edited, /CHECKPOINT/, 'no checkpoint holds it as it is now');
  t.match((await bench.do(yaml)).units[0], { checkpoint: undefined }, 'a run asks for none');
});

t.test('the list of tasks says how long work may come from a checkpoint, where a task limits it', async (t) => {
  const bench = await setUpTasks(t, 'controller:1');
  const limited = await list(
    bench,
    `
tasks:
  one: { on: all, run: 'true' }
  two: { on: all, wants: [one], run: 'true', cache: 1d }
  three: { on: all, wants: [two], run: 'true', cache: never }
`,
  );
  t.match(limited, /^TASK +ON +STATE +DONE +CACHE +WHY$/m);
  for (const [task, cache] of [
    ['one', 'auto'],
    ['two', '1d'],
    ['three', 'never'],
  ] as const) {
    t.match(limited, new RegExp(`^${task} +controller-02 +to do +- +${cache} +it was not run yet$`, 'm'));
  }
  t.match(await list(bench, "tasks: { one: { on: all, run: 'true' } }"), /^TASK +ON +STATE +DONE +WHY$/m);
});

t.test(
  'a task that must not be repeated is told when it was broken off, and runs when that is asked for',
  async (t) => {
    const bench = await setUpTasks(t, 'controller:1');
    const yaml = (line: string): string =>
      `tasks: { fragile: { on: all, repeatable: false, run: ${JSON.stringify(line)} } }`;
    await t.rejects(bench.do(yaml('kill -9 0')), { code: 'task-failed', message: /broken off/ });
    await t.rejects(bench.do(yaml('kill -9 0')), { message: /it was broken off half-way/, hint: /do --again fragile/ });
    t.strictSame(outcomes(await bench.do(yaml('true'), { again: ['fragile'] })), ['fragile controller-02 ran']);
  },
);

t.test('100 MB of output are cut in the middle, and the last words stay', async (t) => {
  const bench = await setUpTasks(t, 'controller:1');
  const yaml =
    'tasks: { loud: { on: all, run: \'head -c 100000000 /dev/zero | tr "\\\\0" x; echo; echo the end; exit 1\' } }';
  await t.rejects(bench.do(yaml), { message: /the end/ });
  const log = join(bench.folder, 'root/slices/1/tasks/logs/loud/controller-02.log');
  t.ok((await stat(log)).size < 20_000_000);
  t.match(await readFile(log, 'utf8'), /bytes are left out here/);
});

t.test('a secret in a line without an end is hidden wherever the line is cut', async (t) => {
  const { openTaskLog } = await import('../../src/task/task-log.js');
  const secrets = new Secrets();
  secrets.add('S3cretS3cret');
  const path = join(t.testdir(), 'log');
  const text = `${'x'.repeat(65_530)}S3cretS3cret${'y'.repeat(70_000)}S3cretS3cret`;
  for (const size of [65_536, 1000, 65_535]) {
    await using log = await openTaskLog(path, secrets);
    for (let from = 0; from < text.length; from += size) await log.add(Buffer.from(text.slice(from, from + size)));
    await log[Symbol.asyncDispose]();
    t.equal(await readFile(path, 'utf8'), text.replaceAll('S3cretS3cret', '***'), `pieces of ${size}`);
  }
});

t.test('sudo: false runs a task as the user of the login', async (t) => {
  const bench = await setUpTasks(t, 'controller:1');
  const { unitRequest } = await import('../../src/task/unit-request.js');
  const { taskView } = await import('../../src/task/task-view.js');
  const { plan } = await bench.options("tasks: { a: { on: all, run: 'true' } }");
  const user = async (task: Partial<TaskSettings>): Promise<string | undefined> => {
    const unit = { id: 'a', task: taskOf('a', { run: 'id', ...task }), node: 'controller-02', after: [] };
    const gifts = { plan, outputDirectory: '/', values: {}, secrets: {}, view: taskView(unit.task, plan, unit.node) };
    const sources = { digests: {}, script: null, onRestore: null };
    return (await unitRequest(unit, { ...gifts, sources }, new AbortController().signal)).start.task.user;
  };
  t.equal(await user({}), undefined);
  t.equal(await user({ sudo: false }), 'stack');
  t.equal(await user({ sudo: false, user: 'postgres' }), 'postgres');
});

t.test('50 VMs and 20 tasks need at most 5 file descriptors a VM', async (t) => {
  const bench = await setUpTasks(t, 'controller:1', 'worker:49');
  const before = (await readdir('/proc/self/fd')).length;
  let most = 0;
  const watching = setInterval(
    () => void readdir('/proc/self/fd').then(({ length }) => (most = Math.max(most, length))),
    5,
  );
  const tasks = Array.from({ length: 20 }, (_, index) => `  t${index}: { on: all, run: ':' }`);
  const { units } = await bench.do(`tasks:\n${tasks.join('\n')}\n`);
  clearInterval(watching);
  t.equal(units.filter(({ outcome }) => outcome === 'ran').length, 1000);
  t.ok(most - before <= 5 * 50, `${most - before} for 50 VMs`);
  t.ok(most - before >= 50, 'it was looked at while they were open');
});
