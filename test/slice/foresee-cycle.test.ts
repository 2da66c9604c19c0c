import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import t, { type Test } from 'tap';
import { deployedKey, planDigest } from '../../src/checkpoint/checkpoint-key.js';
import type { CheckpointRecord } from '../../src/checkpoint/checkpoint-record.js';
import type { KeptUnit } from '../../src/checkpoint/kept-unit.js';
import type { CommandContext } from '../../src/cli/command.js';
import { renderCycle } from '../../src/cli/render/cycle.js';
import { DEFAULT_CHECKPOINT } from '../../src/config/checkpoint-settings.js';
import { loadConfiguration } from '../../src/config/load-configuration.js';
import { createMemoryWorld, openMemoryDriver } from '../../src/driver/memory/memory-driver.js';
import type { VerbContext } from '../../src/events.js';
import { checkpointPaths, checkpointRecordPath, slicePaths } from '../../src/filenames.js';
import { packageDirectory } from '../../src/package-directory.js';
import { makePlan } from '../../src/plan/make-plan.js';
import { parseTopology } from '../../src/plan/topology.js';
import { runProgram } from '../../src/process/run-program.js';
import { cycle, type CycleOptions, type CycleResult } from '../../src/slice/cycle.js';
import { prepareSliceTasks } from '../../src/slice/deploy-slice.js';
import { questionKey, readyBuilds } from '../../src/slice/find-checkpoint.js';
import { imagesOf } from '../../src/slice/find-deployed.js';
import { readyImages } from '../../src/slice/ready-images.js';
import { findSeeds } from '../../src/slice/slice-creation.js';
import { HERE } from '../../src/task/task-graph.js';
import { taskKey } from '../../src/task/task-key.js';
import { unitParts, type UnitDigests } from '../../src/task/unit-parts.js';

const YAML = `
secrets: { word: { length: 24 } }
tasks:
  repo: { on: all, run: 'true' }
  primary: { on: controller, wants: [repo], script: primary.sh, gives: [token], sees: [word] }
  standby: { on: worker, wants: [primary], takes: [token], run: 'true' }
  look: { on: here, wants: [repo], run: 'true', cache: never }
`;

interface Bench {
  readonly root: string;
  readonly user: string;
  readonly notes: string[];
  options(tasks: boolean): Promise<CycleOptions>;
  /** Makes images, keys and secrets, and no checkpoint. */
  make(): Promise<void>;
  /** Writes a checkpoint in which these tasks are done, as a run would have kept it. */
  keep(created: string, tasks: readonly string[]): Promise<void>;
  foresee(tasks: boolean): Promise<CycleResult>;
}

async function setUp(t: Test): Promise<Bench> {
  const directory = t.testdir({ root: {}, user: { 'cluster.yaml': YAML, 'primary.sh': 'echo one\n' } });
  const [root, user, base] = [join(directory, 'root'), join(directory, 'user'), join(directory, 'base.qcow2')];
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', base, '64M']);
  const notes: string[] = [];
  const emit: VerbContext['emit'] = (event) => void (event.type === 'note' && notes.push(event.message));
  const context = { emit, signal: new AbortController().signal };
  const memory = openMemoryDriver(createMemoryWorld(), root);
  const options = async (tasks: boolean): Promise<CycleOptions> => {
    const configuration = await loadConfiguration({
      packageDirectory: await packageDirectory(),
      cwd: user,
      files: [join(user, 'cluster.yaml')],
      overrides: [],
    });
    const topology = parseTopology(['controller:1', 'worker:1']);
    return {
      plan: makePlan(configuration, { slice: 1, layers: ['roles'], topology }),
      driver: { ...memory, features: { ...memory.features, guests: true } },
      images: { recipes: { mini: { image_download: { url: base, insecure: true } } }, root },
      outputDirectory: user,
      jump: { address: 'lab.example.org', user: 'jenkins' },
      session: 'tester@here',
      bootTimeout: 5000,
      lockTimeout: 5000,
      wait: true,
      dryRun: true,
      loadMilliseconds: 1,
      checkpoint: DEFAULT_CHECKPOINT,
      tasks: tasks ? { configuration, goals: [], commandLine: (words) => words.join(' ') } : undefined,
    };
  };
  const paths = slicePaths(root, 1);
  return {
    root,
    user,
    notes,
    options,
    async make() {
      const { tasks, ...plain } = await options(true);
      await cycle({ ...plain, driver: memory, dryRun: false }, context);
      if (tasks) await prepareSliceTasks(plain.plan, tasks, { paths, dryRun: false });
    },
    async keep(created, names) {
      const { tasks, plan, driver, images: source } = await options(true);
      if (!tasks) return;
      const prepared = await prepareSliceTasks(plan, tasks, { paths, dryRun: true });
      await using ready = readyImages(plan, { source, driver, all: true }, context);
      const builds = await readyBuilds(ready);
      const facts = { ...prepared, plan, images: imagesOf(plan, builds) };
      const done = new Map<string, UnitDigests>();
      const units: KeptUnit[] = [];
      for (const unit of prepared.graph.units.filter(({ task }) => names.includes(task.name))) {
        const parts = unitParts(unit, facts, done);
        const gives = Object.fromEntries(unit.task.gives.map((name) => [name, 'a'.repeat(64)]));
        const [key, vm] = [taskKey(parts), unit.node === HERE ? null : unit.node];
        done.set(unit.id, { key, gives });
        units.push({ task: unit.task.name, vm, key, parts, gives, ended: created, milliseconds: 1000 });
      }
      const seeds = (await findSeeds(plan, paths, {})) ?? new Map();
      const question = { root, plan, seeds, driver, images: ready.images, settings: DEFAULT_CHECKPOINT };
      const bare = await questionKey(question, builds, context);
      const key = deployedKey(bare, units);
      const record: CheckpointRecord = {
        ...{ version: 1, key, slice: 1, created, plan: planDigest(plan), builds: [], vms: [], facts: {} },
        ...{ base: bare, units, outputDirectory: user },
      };
      const { directory: folder } = checkpointPaths(root, key);
      await mkdir(folder, { recursive: true });
      await writeFile(checkpointRecordPath(folder), JSON.stringify(record));
    },
    foresee: async (tasks) => {
      notes.length = 0;
      return await cycle(await options(tasks), context);
    },
  };
}

async function textOf(result: CycleResult): Promise<string> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const context = { cwd: '/', started: 0, stdout, stderr } as unknown as CommandContext;
  renderCycle(result, { json: false, quiet: false, timings: false }, context);
  stdout.end();
  let text = '';
  for await (const chunk of stdout) text += String(chunk);
  return text;
}

/** Lines of what would be done, without the VMs. */
async function lines(result: CycleResult): Promise<readonly string[]> {
  return (await textOf(result)).split('\n').filter((line) => /^would (do|restore the)/.test(line));
}

const clock = (created: string): string => new Date(created).toTimeString().slice(0, 5);
const [EARLY, LATE] = ['2026-01-02T03:04:05.000Z', '2026-01-02T03:14:05.000Z'];

t.test('a dry run says which checkpoint a cycle would use, and which tasks it would run and why', async (t) => {
  const bench = await setUp(t);
  await bench.make();
  const nothing = await bench.foresee(true);
  t.match(nothing, { dryRun: true, checkpoint: null, from: null });
  t.strictSame(
    await lines(nothing),
    [
      'would do repo on controller-02: no checkpoint holds it',
      'would do repo on worker-20: no checkpoint holds it',
      'would do primary on controller-02: no checkpoint holds it',
      'would do standby on worker-20: no checkpoint holds it',
      'would do look here: it says "cache: never"',
    ].toSorted(byOrder(nothing)),
  );

  await bench.keep(EARLY, ['repo']);
  await bench.keep(LATE, ['repo', 'primary', 'standby']);
  const same = await bench.foresee(true);
  t.match(same, { checkpoint: 'restored', from: { created: LATE, tasks: ['repo', 'primary', 'standby'] } });
  t.strictSame(await lines(same), [
    `would restore the checkpoint of ${clock(LATE)}, which holds repo, primary and standby`,
    'would do look here: it says "cache: never"',
  ]);
  t.match(await textOf(same), /^would restore bs1-controller-02 \(172\.16\.17\.2\)$/m);

  await writeFile(join(bench.user, 'primary.sh'), 'echo two\n');
  const edited = await bench.foresee(true);
  t.match(edited.from, { created: EARLY, tasks: ['repo'] });
  t.match(
    edited.tasks
      ?.filter(({ outcome }) => outcome === 'would-run')
      .map(({ task, why }) => [task, why])
      .toSorted(),
    [
      ['look', 'it says "cache: never"'],
      ['primary', 'script primary.sh changed'],
      ['standby', 'task primary changed'],
    ],
  );
  t.match(
    edited.tasks?.find(({ task }) => task === 'repo'),
    { outcome: 'skipped', why: null, ended: EARLY },
  );
  t.match(bench.notes, [/standby; not used: primary: script primary.sh changed$/, /holds repo; used$/]);
});

t.test('a dry run without tasks says whether the slice would be restored', async (t) => {
  const bench = await setUp(t);
  await bench.make();
  await bench.keep(LATE, ['repo']);
  t.match(await bench.foresee(false), { checkpoint: null, from: null }, 'one with tasks is not used');
  await bench.keep(EARLY, []);
  const plain = await bench.foresee(false);
  t.match(plain, { checkpoint: 'restored', from: { created: EARLY, tasks: [] } });
  t.strictSame(await lines(plain), [`would restore the checkpoint of ${clock(EARLY)}, which holds no tasks`]);
  t.equal(plain.tasks, undefined);
});

t.test('a dry run makes no image, no key and no secret', async (t) => {
  const bench = await setUp(t);
  const result = await bench.foresee(true);
  t.match(result, { checkpoint: null, from: null });
  t.strictSame(await readdir(bench.root), []);
  await bench.make();
  const secrets = join(slicePaths(bench.root, 1).keys, 'secrets.json');
  const before = await readFile(secrets, 'utf8');
  await writeFile(join(bench.user, 'cluster.yaml'), YAML.replace('length: 24', 'length: 32'));
  await bench.foresee(true);
  t.equal(await readFile(secrets, 'utf8'), before);
});

/** Tasks stand in the order of the graph. */
function byOrder({ tasks = [] }: CycleResult): (one: string, other: string) => number {
  const at = (line: string): number =>
    tasks.findIndex(({ task, vm }) => line.includes(` ${task} ${vm === null ? 'here' : `on ${vm}`}:`));
  return (one, other) => at(one) - at(other);
}
