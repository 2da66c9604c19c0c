import { join } from 'node:path';
import t from 'tap';
import { runLine } from '../cli/run-line.js';

interface DryRun {
  readonly tasks: readonly { readonly task: string; readonly vm: string | null; readonly outcome: string }[];
}

/** Says what a cycle of the payload would do. */
async function dryRun(folder: string, ...words: readonly string[]): Promise<DryRun> {
  const place = ['--connect', 'test:///default', '--root', join(folder, 'root'), '--output-dir', folder];
  const line = [...place, '--payload', 'openstack', 'cycle', ...words, '--dry-run', '--json'];
  const { code, stdout, stderr } = await runLine(line, { cwd: folder });
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as DryRun;
}

t.test(
  'the payload of a cloud does its tasks on the first controller, on each worker and on this machine',
  async (t) => {
    const { tasks } = await dryRun(t.testdir(), 'controller:1', 'worker:2');
    const places = new Map<string, string[]>();
    for (const { task, vm, outcome } of tasks) {
      t.equal(outcome, 'would-run', task);
      places.set(task, [...(places.get(task) ?? []), vm ?? 'here']);
    }
    t.strictSame(places.get('programs'), ['controller-02', 'worker-20', 'worker-21']);
    const services = ['keystone', 'glance', 'placement'];
    for (const task of ['database', 'queue', ...services, ...services.map((name) => `${name}-schema`), 'identity']) {
      t.strictSame(places.get(task), ['controller-02'], task);
    }
    t.strictSame(places.get('credentials'), ['here']);
  },
);
