import t from 'tap';
import { drawTasksDot } from '../../src/graph/draw-tasks-dot.js';
import { drawTasksMermaid } from '../../src/graph/draw-tasks-mermaid.js';
import { drawTasksSvg } from '../../src/graph/draw-tasks-svg.js';
import { taskPicture } from '../../src/graph/task-picture.js';
import type { DoneUnit, DoResult } from '../../src/task/do-options.js';
import { taskOf } from '../task/task-of.js';

const tasks = {
  repo: taskOf('repo'),
  primary: taskOf('primary', { wants: ['repo'] }),
  cache: taskOf('cache', { wants: ['repo'] }),
  standby: taskOf('standby', { wants: ['primary'], wantsHere: ['repo'] }),
  'verify<&">': taskOf('verify<&">', { wants: ['standby', 'cache'] }),
};

function unit(task: string, vm: string | null, outcome: DoneUnit['outcome'] = 'skipped'): DoneUnit {
  return { task, vm, outcome, why: null, ended: null, milliseconds: 0, cache: null, log: null };
}

const result: DoResult = {
  version: 1,
  slice: 1,
  dryRun: true,
  units: [
    unit('repo', 'controller-02'),
    unit('repo', 'worker-20'),
    unit('primary', 'controller-02'),
    unit('cache', 'controller-02'),
    unit('standby', 'worker-20', 'would-run'),
    unit('verify<&">', null, 'would-run'),
  ],
};
const times = new Map([
  ['repo', 1000],
  ['primary', 500],
  ['cache', 4000],
  ['standby', 2000],
]);

t.test('the critical path is the longest way through the tasks', (t) => {
  const picture = taskPicture(result, tasks, times);
  t.strictSame(
    picture.tasks.map(({ name, critical, where, state }) => [name, critical, where, state]),
    [
      ['repo', true, '2 VMs', 'done'],
      ['primary', false, 'controller-02', 'done'],
      ['cache', true, 'controller-02', 'done'],
      ['standby', false, 'worker-20', 'to do'],
      ['verify<&">', true, 'here', 'to do'],
    ],
  );
  t.equal(picture.length, 5000);
  t.equal(taskPicture(result, tasks, new Map()).length, null);
  t.end();
});

t.test('Mermaid, Graphviz and SVG have every task, escaped, and the critical path thick', (t) => {
  const picture = taskPicture(result, tasks, times);
  const mermaid = drawTasksMermaid(picture);
  t.match(mermaid, /t0\["repo<br\/>2 VMs · done · 1\.0 s"\]/);
  t.match(mermaid, /t0 ==> t2/);
  t.match(mermaid, /t0 --> t1/);
  t.match(mermaid, 'verify#60;#38;#34;#62;');
  t.match(drawTasksDot(picture), /"repo" -> "cache" \[tooltip="", penwidth=3\];/);
  const svg = drawTasksSvg(picture);
  t.match(svg, 'verify&lt;&amp;"&gt;');
  t.match(svg, 'critical path (thick): 5.0 s');
  t.end();
});
