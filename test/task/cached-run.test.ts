import { env } from 'node:process';
import fc from 'fast-check';
import t from 'tap';
import { deployedKey } from '../../src/checkpoint/checkpoint-key.js';
import type { KeptUnit } from '../../src/checkpoint/kept-unit.js';
import type { TaskSettings } from '../../src/config/task-settings.js';
import { digestOf } from '../../src/digest-of.js';
import { createMemoryWorld, openMemoryDriver } from '../../src/driver/memory/memory-driver.js';
import type { Driver } from '../../src/driver/types.js';
import { VirtbsError } from '../../src/errors.js';
import type { SlicePlan } from '../../src/plan/plan.js';
import type { DoneUnit } from '../../src/task/do-options.js';
import { judgeKeptUnits } from '../../src/task/judge-kept-units.js';
import { keepBetween } from '../../src/task/keep-between.js';
import { makeTaskGraph } from '../../src/task/make-task-graph.js';
import { runGraph, type UnitResult } from '../../src/task/run-graph.js';
import type { TaskRun } from '../../src/task/task-run.js';
import { HERE, type TaskGraph, type TaskUnit } from '../../src/task/task-graph.js';
import { taskKey } from '../../src/task/task-key.js';
import { takenValues } from '../../src/task/task-values.js';
import { unitDigests, unitParts, type UnitFacts } from '../../src/task/unit-parts.js';
import { planOf } from '../plan/plan-of.js';
import { taskOf } from './task-of.js';

/** As in test/fuzz: `VIRTBS_FUZZ_CASES` gives more or fewer. */
const CASES = Number(env['VIRTBS_FUZZ_CASES'] ?? 10_000);
const HOSTS = ['worker-20', 'worker-21'] as const;

/** A task as a person would write it. `wants` and `takes` count back from it. */
interface Sketch {
  readonly name: string;
  readonly on: 'all' | 'here' | (typeof HOSTS)[number];
  readonly text: number;
  readonly file: number;
  readonly wants: readonly number[];
  readonly wantsHere: readonly number[];
  readonly gives: boolean;
  readonly takes: boolean;
  readonly sees: boolean;
  readonly checkpoint: TaskSettings['checkpoint'];
  readonly cache: number | null;
  readonly fails: boolean;
}

/** All that a person can change between two runs. */
interface Project {
  readonly tasks: readonly Sketch[];
  readonly secret: number;
  readonly image: number;
  readonly goals: readonly number[];
}

const sketch = fc.record({
  on: fc.constantFrom('all', 'all', 'here', ...HOSTS),
  text: fc.nat(2),
  file: fc.nat(1),
  wants: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 2 }),
  wantsHere: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 1 }),
  gives: fc.boolean(),
  takes: fc.boolean(),
  sees: fc.boolean(),
  checkpoint: fc.constantFrom('auto', 'auto', 'after', 'never'),
  cache: fc.constantFrom(null, null, null, null, null, 0, 60_000),
  fails: fc.constantFrom(false, false, false, false, false, false, false, true),
});

const edits = fc.array(
  fc.record({
    kind: fc.constantFrom(
      'text',
      'file',
      'wants',
      'on',
      'remove',
      'add',
      'secret',
      'image',
      'goal',
      'cache',
      'none',
      'late',
    ),
    at: fc.nat(7),
    to: sketch,
    prefer: fc.nat(5),
    keepsAlways: fc.boolean(),
  }),
  { minLength: 1, maxLength: 3 },
);

/** What a task of a project is to the rest of the code. */
function settingsOf({ tasks }: Project): Readonly<Record<string, TaskSettings>> {
  const all = tasks.map((each, index): TaskSettings => {
    const back = (steps: number): readonly Sketch[] => tasks.slice(Math.max(0, index - steps), index).slice(0, 1);
    const named = (list: readonly number[]): string[] => [...new Set(list.flatMap(back).map(({ name }) => name))];
    const wants = named(each.wants);
    const wanted = new Set(wants);
    const giver = tasks.find(({ name, gives }) => gives && wanted.has(name));
    // Only what runs on every VM is on the same VM for sure.
    const wantsHere = named(each.wantsHere).filter(
      (name) => each.on !== 'here' && tasks.some((other) => other.name === name && other.on === 'all'),
    );
    return taskOf(each.name, {
      on: each.on === 'all' || each.on === 'here' ? { kind: each.on } : { kind: 'names', names: [each.on] },
      run: `text ${each.text}`,
      wants,
      wantsHere,
      gives: each.gives ? [`value_${each.name}`] : [],
      takes: each.takes && giver ? [`value_${giver.name}`] : [],
      sees: each.sees ? ['secret'] : [],
      checkpoint: each.checkpoint,
      cache: each.cache,
    });
  });
  return Object.fromEntries(all.map((task) => [task.name, task]));
}

/** What a unit does: it depends on all that it reads, and on what is there of what it wants. */
function effectOf(
  unit: TaskUnit,
  facts: Situation,
  given: { readonly effects: ReadonlyMap<string, string>; readonly values: object },
): string {
  const { project } = facts;
  const file = project.tasks.find(({ name }) => name === unit.task.name)?.file;
  const secret = unit.task.sees.length > 0 ? project.secret : null;
  const needs = unit.after.toSorted().map((id) => [id, given.effects.get(id) ?? 'missing']);
  return digestOf([unit.id, unit.task.action, file, secret, project.image, needs, given.values]);
}

interface Situation {
  readonly project: Project;
  readonly graph: TaskGraph;
  readonly facts: UnitFacts;
}

function situationOf(project: Project, plan: SlicePlan): Situation {
  const tasks = settingsOf(project);
  const goals = [...new Set(project.goals.flatMap((index) => project.tasks[index]?.name ?? []))];
  const graph = makeTaskGraph({ tasks, vms: plan.vms, goals, place: () => 'project' });
  const sources = new Map(
    project.tasks.map(({ name, file }) => [
      name,
      { digests: { 'file f': String(file) }, script: null, onRestore: null },
    ]),
  );
  const images = new Map(plan.vms.map(({ hostname }) => [hostname, `mini/${project.image}`]));
  const byId = new Map(graph.units.map(({ id, task }) => [id, task]));
  return {
    project,
    graph,
    facts: { graph, tasks: byId, plan, sources, secrets: { secret: `s${project.secret}` }, images },
  };
}

/** What a run from nothing leaves on each VM; one after the other, without any of the code that is tried. */
function fromNothing(situation: Situation): ReadonlyMap<string, string> {
  const effects = new Map<string, string>();
  const done = new Map<string, Pick<UnitResult, 'values'>>();
  for (const unit of situation.graph.units) {
    const values = takenValues(unit, { graph: situation.graph, done });
    effects.set(unit.id, effectOf(unit, situation, { effects, values }));
    done.set(unit.id, { values: givenValues(unit, situation.project) });
  }
  return effects;
}

/** A value may be the same although the task is another. */
function givenValues({ task }: TaskUnit, { tasks }: Project): Record<string, string> {
  const text = tasks.find(({ name }) => name === task.name)?.text ?? 0;
  return Object.fromEntries(task.gives.map((name) => [name, String(text % 2)]));
}

interface Kept {
  readonly base: string;
  readonly units: readonly KeptUnit[];
  readonly vms: Parameters<Driver['restore']>[0]['kept'];
}

interface Bench {
  readonly plan: SlicePlan;
  readonly world: ReturnType<typeof createMemoryWorld>;
  readonly driver: Driver;
  readonly kept: Map<string, Kept>;
  /** Milliseconds since 1970. */
  now: number;
  readonly counts: { hits: number; whole: number; misses: number; failed: number };
}

const context = { emit: () => undefined, signal: new AbortController().signal };

/** Makes the slice anew, from any checkpoint that is said to fit, and does the rest. */
async function cachedRun(
  bench: Bench,
  situation: Situation,
  {
    prefer,
    keepsAlways,
    failing,
  }: { readonly prefer: number; readonly keepsAlways: boolean; readonly failing: ReadonlySet<string> },
): Promise<ReadonlyMap<string, string> | null> {
  const { plan, driver, kept, world, counts } = bench;
  const { graph, facts, project } = situation;
  const base = `base ${project.image}`;
  const fitting = [...kept].flatMap(([key, each]) => {
    const verdict = judgeKeptUnits(each.units, facts, bench.now);
    return each.base === base && verdict.fits ? [{ key, ...each, done: verdict.done }] : [];
  });
  // The best is only the fastest: each that fits must be right.
  const chosen = prefer === 0 ? undefined : fitting[prefer % Math.max(1, fitting.length)];
  await driver.destroy(plan.slice, context);
  const request = { plan, images: new Map(), seeds: new Map(), created: '', session: '' };
  const from = chosen && { kept: { directory: chosen.key, layers: '', kept: chosen.vms } };
  await driver.create({ ...request, ...from }, context);
  const contentOf = (node: string): Map<string, string> => {
    const vm = plan.vms.find(({ hostname }) => hostname === (node === HERE ? HOSTS[0] : node));
    return world.domains.get(vm?.domain ?? '')?.content ?? new Map();
  };
  const effects = (): Map<string, string> => new Map(plan.vms.flatMap(({ hostname }) => [...contentOf(hostname)]));
  const restored = chosen?.done ?? new Map<string, KeptUnit>();
  if (restored.size === 0) counts.misses++;
  else counts[restored.size === graph.units.length ? 'whole' : 'hits']++;
  const units = new Map<string, DoneUnit>();
  const parts = new Map<string, TaskRun['parts'] extends Map<string, infer P> ? P : never>();
  const run = {
    graph,
    units,
    parts,
    nodes: { close: async () => undefined },
    options: { cache: { restored } },
  } as unknown as TaskRun;
  const keeping = keepBetween(run, {
    cost: keepsAlways ? -1 : Infinity,
    async keep(done) {
      const key = deployedKey(base, done);
      const outcome = await driver.keep({ slice: plan.slice, vms: plan.vms, directory: key, layers: '' }, context);
      kept.set(key, { base, units: done, vms: outcome.vms });
    },
  });
  let turns = bench.now;
  const ends = await runGraph(graph, {
    signal: context.signal,
    stop: false,
    perNode: 32,
    rest: keeping,
    onEnd: (end) => keeping.note(end),
    async perform(unit, done) {
      const digests = new Map([...done].map(([id, result]) => [id, unitDigests(result)]));
      const known = unitParts(unit, facts, digests);
      parts.set(unit.id, known);
      const values = givenValues(unit, project);
      const note = {
        task: unit.task.name,
        vm: unit.node === HERE ? null : unit.node,
        why: null,
        cache: null,
        log: null,
        milliseconds: 1,
      };
      const before = restored.get(unit.id);
      if (before) {
        if (before.key !== taskKey(known)) throw new Error(`${unit.id} came back with another key`);
        units.set(unit.id, { ...note, outcome: 'skipped', ended: before.ended });
        return { outcome: 'skipped', key: before.key, values };
      }
      turns = (turns * 7 + 3) % 5;
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      const content = contentOf(unit.node);
      if (content.has(unit.id)) throw new Error(`${unit.id} runs on top of itself`);
      content.set(unit.id, 'half');
      if (failing.has(unit.task.name)) throw new VirtbsError('task-failed', unit.id);
      const taken = takenValues(unit, { graph, done });
      content.set(unit.id, effectOf(unit, situation, { effects: effects(), values: taken }));
      units.set(unit.id, { ...note, outcome: 'ran', ended: new Date(bench.now).toISOString() });
      return { outcome: 'ran', key: taskKey(known), values };
    },
  });
  if (ends.some(({ outcome }) => outcome === 'failed')) {
    counts.failed++;
    return null;
  }
  return effects();
}

function edited(
  project: Project,
  { kind, at, to }: { readonly kind: string; readonly at: number; readonly to: Omit<Sketch, 'name'> },
): Project {
  const { tasks } = project;
  const index = at % Math.max(1, tasks.length);
  const change = (part: Partial<Sketch>): Project => ({
    ...project,
    tasks: tasks.map((each, place) => (place === index ? { ...each, ...part } : each)),
  });
  switch (kind) {
    case 'text':
      return change({ text: to.text });
    case 'file':
      return change({ file: to.file });
    case 'wants':
      return change({ wants: to.wants, wantsHere: to.wantsHere, takes: to.takes });
    case 'on':
      return change({ on: to.on });
    case 'cache':
      return change({ cache: to.cache });
    case 'remove':
      return { ...project, tasks: tasks.filter((_, place) => place !== index || tasks.length === 1) };
    case 'add':
      return {
        ...project,
        tasks: [...tasks.slice(0, index), { ...to, name: `n${tasks.length}${at}${to.text}` }, ...tasks.slice(index)],
      };
    case 'secret':
      return { ...project, secret: to.text };
    case 'image':
      return { ...project, image: to.text };
    case 'goal':
      return { ...project, goals: to.wants };
    default:
      return project;
  }
}

t.test(`${CASES} projects: what a run with checkpoints leaves is what a run from nothing leaves`, async (t) => {
  const plan = await planOf(1, 'worker:2');
  t.strictSame(
    plan.vms.map(({ hostname }) => hostname),
    HOSTS,
  );
  const counts = { hits: 0, whole: 0, misses: 0, failed: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(sketch, { minLength: 1, maxLength: 6 }), edits, async (sketches, changes) => {
      const world = createMemoryWorld();
      const bench: Bench = { plan, world, driver: openMemoryDriver(world, '/r'), kept: new Map(), now: 1e12, counts };
      let project: Project = {
        tasks: sketches.map((each, index) => ({ ...each, name: `t${index}` })),
        secret: 0,
        image: 0,
        goals: [],
      };
      for (const change of [
        { ...changes[0], kind: 'none', prefer: 0, at: 0, to: sketches[0], keepsAlways: true },
        ...changes,
      ]) {
        if (change.to) project = edited(project, { ...change, to: change.to });
        if (change.kind === 'late') bench.now += 100_000;
        const names = project.tasks.map(({ name }) => name);
        if (new Set(names).size < names.length) return;
        const situation = situationOf(project, plan);
        const expected = fromNothing(situation);
        // One that fails is mended by whoever sees it.
        const failing = new Set(project.tasks.filter(({ fails }) => fails).map(({ name }) => name));
        const first = await cachedRun(bench, situation, { ...change, failing });
        const left = first ?? (await cachedRun(bench, situation, { ...change, failing: new Set() }));
        const sorted = (map: ReadonlyMap<string, string> | null): unknown =>
          [...(map ?? [])].map((entry) => entry.join(' ')).sort();
        if (digestOf(sorted(left)) !== digestOf(sorted(expected))) {
          throw new Error(`differs after ${change.kind}: ${JSON.stringify([sorted(left), sorted(expected)])}`);
        }
      }
    }),
    { numRuns: CASES, seed: 14 },
  );
  t.comment(JSON.stringify(counts));
  for (const [what, count] of Object.entries(counts)) t.ok(count > CASES / 20, `${what}: ${count}`);
});
