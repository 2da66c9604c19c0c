import { join } from 'node:path';
import t from 'tap';
import type { KeptUnit } from '../../src/checkpoint/kept-unit.js';
import { unitId } from '../../src/task/task-graph.js';
import { outcomes, setUpTasks } from './task-bench.js';

t.test(
  'a slice is kept when a task asks for it and at the end, and on_restore runs where its task came back',
  async (t) => {
    const bench = await setUpTasks(t, 'controller:1', 'worker:1');
    const yaml = `
tasks:
  repo: { on: all, run: 'echo "repo $VM" >>$TRACE', checkpoint: after }
  token: { on: controller, wants: [repo], run: 'echo token=one >$VIRTBS_GIVES', gives: [token] }
  join: { on: worker, wants: [token], takes: [token], run: 'echo "join $token" >>$TRACE', on_restore: awake.sh }
  last: { on: worker, run: 'echo last >>$TRACE', cache: never }
`;
    await bench.write('awake.sh', `[ -e ${join(bench.folder, 'bad')} ] && exit 3; echo "awake $token" >>$TRACE\n`);
    const kept: (readonly KeptUnit[])[] = [];
    const later: boolean[] = [];
    const keeper = {
      cost: Infinity,
      async keep(units: readonly KeptUnit[], again: boolean) {
        kept.push(units);
        later.push(again);
      },
    };
    const names = (units: readonly KeptUnit[] = []): readonly string[] => units.map(({ task, vm }) => `${task} ${vm}`);
    await bench.do(yaml, { cache: { restored: new Map(), keeper } });
    const [first, all] = kept;
    t.strictSame(names(first), ['repo controller-02', 'repo worker-20']);
    t.strictSame(names(all), ['repo controller-02', 'repo worker-20', 'token controller-02', 'join worker-20']);
    t.equal(kept.length, 2, 'nothing is kept after a task that is never cached');
    t.strictSame(later, [true, false], 'nor is the slice to be ready for that');
    t.equal((await bench.trace()).at(-1), 'last', 'it runs when all else is done');
    t.match(all?.find(({ task }) => task === 'token')?.gives, { token: /^[0-9a-f]{64}$/ }, 'values are digests');

    const restored = new Map((all ?? []).map((unit) => [unitId(unit.task, unit.vm ?? ''), unit]));
    const again = await bench.do(yaml, { cache: { restored, keeper } });
    t.ok(outcomes(again).includes('join worker-20 skipped'));
    t.equal((await bench.trace()).at(-1), 'awake one');
    t.equal(kept.length, 2, 'nothing new is kept');

    await bench.write('../bad', '');
    await t.rejects(bench.do(yaml, { cache: { restored, keeper } }), {
      code: 'task-failed',
      message: /join.*exit code 3/,
    });
  },
);
