import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { KeptUnit } from '../../src/checkpoint/kept-unit.js';
import { taskPaths } from '../../src/filenames.js';
import { endLocalTasks, localCommand } from '../../src/task/end-local-tasks.js';
import { judgeKeptUnits } from '../../src/task/judge-kept-units.js';
import { openNodeAgent } from '../../src/task/node-agent.js';
import { prepareTasks } from '../../src/task/prepare-tasks.js';
import type { TaskCache } from '../../src/task/task-cache.js';
import { outcomes, setUpTasks, type TaskBench } from './task-bench.js';

/** Keeps whatever pays, and what it was given. */
function keepAll(): { readonly cache: TaskCache; readonly kept: (readonly KeptUnit[])[] } {
  const kept: (readonly KeptUnit[])[] = [];
  const keeper = { cost: Infinity, keep: async (units: readonly KeptUnit[]) => void kept.push(units) };
  return { cache: { restored: new Map(), keeper }, kept };
}

/** Returns why a checkpoint with these units does not fit; null where it fits. */
async function misfit(bench: TaskBench, yaml: string, kept: readonly KeptUnit[]): Promise<string | null> {
  const options = await bench.options(yaml);
  const facts = { ...(await prepareTasks(options)), plan: options.plan, images: options.images };
  const verdict = judgeKeptUnits(kept, facts, Date.now());
  return verdict.fits ? null : verdict.reason;
}

async function setUp(t: Test): Promise<TaskBench> {
  return await setUpTasks(t, 'worker:1');
}

t.test('two files that change places are another task', async (t) => {
  const bench = await setUp(t);
  await bench.write('one', '1\n');
  await bench.write('two', '2\n');
  const to = (name: string): string => join(bench.folder, name);
  const yaml = (one: string, two: string): string =>
    `tasks: { put: { on: all, files: [{ source: ${one}, path: ${to('a')} }, { source: ${two}, path: ${to('b')} }] } }`;
  await bench.do(yaml('one', 'two'));
  t.strictSame(outcomes(await bench.do(yaml('one', 'two'))), ['put worker-20 skipped']);
  t.strictSame(outcomes(await bench.do(yaml('two', 'one'))), ['put worker-20 ran']);
});

t.test('what a link in a folder leads to is read with it, wherever that is', async (t) => {
  const bench = await setUp(t);
  const shared = join(bench.folder, 'shared');
  for (const folder of [shared, join(bench.folder, 'user/conf')]) await mkdir(folder);
  await bench.write('../shared/value', 'old');
  for (const [name, target] of [
    ['shared', shared],
    ['itself', '.'],
    ['nowhere', 'nothing'],
    ['null', '/dev/null'],
  ] as const) {
    await symlink(target, join(bench.folder, 'user/conf', name));
  }
  await symlink(join(bench.folder, 'user/conf'), join(shared, 'back'));
  const yaml = "tasks: { look: { on: here, reads: [conf], run: 'cat conf/shared/value' } }";
  await bench.do(yaml);
  t.strictSame(outcomes(await bench.do(yaml)), ['look here skipped']);
  await mkdir(join(bench.folder, 'user/conf/__pycache__'));
  t.strictSame(outcomes(await bench.do(yaml)), ['look here skipped'], 'what Python keeps is nothing that is read');
  await bench.write('../shared/value', 'new');
  const { units } = await bench.do(yaml);
  t.match(units, [{ outcome: 'ran', why: 'file conf changed' }]);
});

for (const [title, on, more] of [
  ['a VM', 'worker', ''],
  ['this machine', 'here', ', reads: [conf]'],
] as const) {
  t.test(`a file that is edited while its task runs on ${title} is not taken for the one that it was`, async (t) => {
    const bench = await setUp(t);
    await bench.write('conf', 'old');
    const [source, path] = [join(bench.folder, 'user/conf'), join(bench.folder, 'etc')];
    const files = on === 'here' ? more : `, files: [{ source: conf, path: ${path} }]`;
    const yaml = (text: string): string => `
tasks:
  put: { on: ${on}${files}, gives: [token], run: 'echo token=7 >$VIRTBS_GIVES; printf "$TEXT" >${source}', env: { TEXT: '${text}' } }
  last: { on: all, wants: [put], takes: [token], run: '[ "$token" = 7 ]' }
`;
    const { cache, kept } = keepAll();
    await bench.do(yaml('new'), { cache });
    const warnings = bench.events.filter(({ type }) => type === 'warning');
    t.match(warnings, [{ message: /conf changed while it ran/ }]);
    t.equal(warnings.length, 1);
    t.strictSame(kept, [], 'nothing is kept');
    await bench.write('conf', 'old');
    const { units } = await bench.do(yaml('new'));
    t.match(units[0], { outcome: 'ran', why: 'file conf changed' }, 'it runs again though the file is what it was');
    await bench.do(yaml('same'), { cache });
    await bench.write('conf', 'same');
    t.match((await bench.do(yaml('same'), { cache })).units, [{ outcome: 'ran' }, { outcome: 'ran' }]);
    t.equal(kept.length, 1, 'what writes the same again was not edited');
    t.ok(outcomes(await bench.do(yaml('same'))).every((each) => each.endsWith('skipped')));
  });
}

t.test('work that bears no pause before others is not used without them, whenever that was said', async (t) => {
  const bench = await setUp(t);
  const yaml = (when: string, more = ''): string =>
    `tasks: { brittle: { on: all, run: 'true', checkpoint: ${when} }, ${more} }`;
  const after = "next: { on: all, wants: [brittle], run: 'true' }";
  const { cache, kept } = keepAll();
  await bench.do(yaml('after', after), { cache });
  const [between = [], all = []] = kept;
  t.equal(await misfit(bench, yaml('after', after), between), null);
  t.equal(
    await misfit(bench, yaml('never', after), between),
    'brittle says "checkpoint: never", and next on worker-20 is not done',
  );
  t.equal(await misfit(bench, yaml('never', after), all), null);
  t.equal(await misfit(bench, yaml('never'), between), null, 'nothing wants it');
});

t.test('a task that still runs on this machine is ended with its slice, and does nothing to the next', async (t) => {
  const bench = await setUp(t);
  const { paths } = await bench.options('tasks: {}');
  const folder = taskPaths(paths).here;
  await endLocalTasks(paths, new AbortController().signal);
  const start = async (): Promise<void> => {
    await using agent = await openNodeAgent(localCommand, {
      node: 'here',
      folder,
      signal: new AbortController().signal,
    });
    const script = 'echo $$ "$2" >"$1/began"; trap "" HUP; while :; do sleep 1; done';
    void agent.start('endless', Buffer.from(script)).catch(() => undefined);
    while (!(await agent.records()).some(({ running }) => running)) await sleep(50);
  };
  await start();
  const [pid = ''] = (await readFile(join(folder, 'endless/began'), 'utf8')).split(' ');
  t.ok(process.kill(Number(pid), 0), 'it runs on without its virtbs');
  await endLocalTasks(paths, new AbortController().signal);
  const status = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  t.notMatch(status, /endless/, 'it is ended');
});

t.test('plugins beside a playbook are read with it', async (t) => {
  const bench = await setUp(t);
  await mkdir(join(bench.folder, 'user/lookup_plugins'));
  await bench.write('site.yaml', '[]\n');
  await bench.write('lookup_plugins/rack.py', 'one\n');
  const options = await bench.options('tasks: { play: { on: here, ansible: site.yaml } }');
  const digests = async (): Promise<object> => (await prepareTasks(options)).sources.get('play')?.digests ?? {};
  const before = await digests();
  t.strictSame(Object.keys(before), ['playbook site.yaml', 'playbook lookup_plugins']);
  await bench.write('lookup_plugins/rack.py', 'two\n');
  t.notSame(await digests(), before);
});
