import fc from 'fast-check';
import t from 'tap';
import { VirtbsError } from '../../src/errors.js';
import { runGraph, type GraphRest, type UnitResult } from '../../src/task/run-graph.js';
import { unitId, type TaskGraph, type TaskUnit } from '../../src/task/task-graph.js';
import { taskOf } from './task-of.js';

const GRAPHS = 1000;
const RAN: UnitResult = { outcome: 'ran', key: 'k', values: {} };

interface Sketch {
  readonly graph: TaskGraph;
  readonly failing: ReadonlySet<string>;
}

/** Tasks on some of five nodes; each wants some of those before it, everywhere or on its node alone. */
const sketches = fc
  .array(
    fc.record({
      nodes: fc.uniqueArray(fc.integer({ min: 0, max: 4 }), { minLength: 1 }),
      wants: fc.array(fc.nat(20)),
      here: fc.array(fc.nat(20)),
      fails: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
    }),
    { minLength: 1, maxLength: 20 },
  )
  .map((tasks): Sketch => {
    const failing = new Set<string>();
    const units = tasks.flatMap(({ nodes, wants, here, fails }, index) =>
      nodes.map((node): TaskUnit => {
        const id = unitId(`t${index}`, `n${node}`);
        if (fails) failing.add(id);
        const before = (want: number): number | undefined => (index === 0 ? undefined : want % index);
        const everywhere = wants.flatMap((want) => {
          const other = before(want);
          return other === undefined ? [] : (tasks[other]?.nodes ?? []).map((each) => unitId(`t${other}`, `n${each}`));
        });
        const same = here.flatMap((want) => {
          const other = before(want);
          return other !== undefined && tasks[other]?.nodes.includes(node) ? [unitId(`t${other}`, `n${node}`)] : [];
        });
        return { id, task: taskOf(`t${index}`), node: `n${node}`, after: [...new Set([...everywhere, ...same])] };
      }),
    );
    return { graph: { units }, failing };
  });

t.test('1,000 tasks on 8 nodes end in their order, with a pause whenever none runs', async (t) => {
  const nodes = Array.from({ length: 8 }, (_, index) => `n${index}`);
  const tasks = Array.from({ length: 1000 }, (_, index) => taskOf(`t${index}`));
  const chain = tasks.flatMap((task, index) =>
    nodes.map((node): TaskUnit => {
      const before = tasks[index - 1];
      return { id: unitId(task.name, node), task, node, after: before ? [unitId(before.name, node)] : [] };
    }),
  );
  const { signal } = new AbortController();
  const options = { signal, stop: false, perNode: 32, perform: async () => RAN };
  let pauses = 0;
  const rest: GraphRest = {
    wanted: () => false,
    holds: ({ task }) => task.name === 't999',
    take: async () => void pauses++,
  };
  const held = await runGraph({ units: chain }, { ...options, rest });
  t.ok(held.every(({ outcome }) => outcome === 'ran'));
  t.ok(pauses > 1);
  const began: string[] = [];
  const aside = { units: chain.map((unit) => ({ ...unit, after: [] })) };
  await runGraph(aside, {
    ...options,
    perform: async ({ id }) => {
      began.push(id);
      return RAN;
    },
  });
  const of = (node: string, ids: readonly string[]): readonly string[] => ids.filter((id) => id.endsWith(`@${node}`));
  const ids = aside.units.map(({ id }) => id);
  for (const node of nodes)
    t.strictSame(of(node, began), of(node, ids), 'those that wait for a place keep their order');
});

t.test(`${GRAPHS} graphs: the order is kept, nothing runs twice, every failure is told`, async (t) => {
  await fc.assert(
    fc.asyncProperty(sketches, fc.scheduler(), async ({ graph, failing }, scheduler) => {
      const began: string[] = [];
      const done = new Set<string>();
      let most = 0;
      const running = new Map<string, number>();
      const perform = async (unit: TaskUnit, results: ReadonlyMap<string, UnitResult>): Promise<UnitResult> => {
        began.push(unit.id);
        for (const id of unit.after) if (!done.has(id) || !results.has(id)) throw new Error(`${unit.id} before ${id}`);
        running.set(unit.node, (running.get(unit.node) ?? 0) + 1);
        most = Math.max(most, running.get(unit.node) ?? 0);
        await scheduler.schedule(Promise.resolve(), unit.id);
        running.set(unit.node, (running.get(unit.node) ?? 0) - 1);
        if (failing.has(unit.id)) throw new VirtbsError('task-failed', unit.id);
        done.add(unit.id);
        return { outcome: 'ran', key: unit.id, values: {} };
      };
      const run = runGraph(graph, { perform, signal: new AbortController().signal, stop: false, perNode: 2 });
      await scheduler.waitFor(run);
      const ends = await run;
      const byId = new Map(ends.map((end) => [end.unit.id, end]));
      if (new Set(began).size !== began.length) throw new Error('something ran twice');
      if (most > 2) throw new Error('too many ran at once on one node');
      for (const unit of graph.units) {
        const how = byId.get(unit.id)?.outcome;
        const open = unit.after.some((id) => ['failed', 'blocked'].includes(byId.get(id)?.outcome ?? ''));
        const right = open ? 'blocked' : failing.has(unit.id) ? 'failed' : 'ran';
        if (how !== right) throw new Error(`${unit.id} is ${how}, and should be ${right}`);
      }
    }),
    { numRuns: GRAPHS },
  );
  t.pass();
});

t.test('a unit that throws what is no failure is a bug, and is thrown when all has ended', async (t) => {
  const units = [0, 1].map((index) => ({ id: `t${index}@n`, task: taskOf(`t${index}`), node: 'n', after: [] }));
  const perform = async ({ id }: TaskUnit): Promise<UnitResult> => {
    if (id === 't0@n') throw new TypeError('a bug');
    return { outcome: 'ran', key: id, values: {} };
  };
  const run = runGraph({ units }, { perform, signal: new AbortController().signal, stop: false, perNode: 1 });
  await t.rejects(run, TypeError);
});
