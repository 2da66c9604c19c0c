import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import t from 'tap';
import { noLab, runVirtbs, type Ending } from './run-virtbs.js';
import { ssh } from './standing-slice.js';

const skip = noLab;
env['VIRTBS_CHECKPOINT'] = 'yes';

interface Cycled {
  readonly checkpoint: string | null;
  readonly tasks: readonly { readonly task: string; readonly outcome: string }[];
}

t.test('a project is deployed by cycle alone, comes back, goes on at an edit, and is verified', { skip }, async (t) => {
  const directory = t.testdir({});
  const file = join(directory, 'virtbs.yaml');
  const edit = async (...[from, to]: readonly [string, string]): Promise<void> => {
    const text = await readFile(file, 'utf8');
    t.ok(text.includes(from), from);
    await writeFile(file, text.replace(from, to));
  };
  const cycle = async (): Promise<unknown> => {
    const { code, stdout, stderr } = await runVirtbs(directory, 'cycle', '--json');
    t.equal(code, 0, stderr);
    const { checkpoint, tasks } = JSON.parse(stdout) as Cycled;
    return [checkpoint, tasks.map(({ task, outcome }) => `${task} ${outcome}`)];
  };
  const slices = async (): Promise<unknown> => JSON.parse((await runVirtbs(directory, 'ls', '--json')).stdout);
  const verify = async (): Promise<Ending> => await runVirtbs(directory, 'do', '--verify');
  t.teardown(() => runVirtbs(directory, 'checkpoint', 'rm', '--all'));
  t.teardown(() => runVirtbs(directory, 'wipe'));
  t.equal((await runVirtbs(directory, 'init')).code, 0);
  // One VM is enough here.
  await edit('topology: controller:1 worker:2', 'topology: controller:1');
  await edit('    on: all\n', '    on: all\n    checkpoint: after\n');
  t.strictSame(await cycle(), ['kept', ['hello ran', 'verify ran']]);
  t.strictSame(await cycle(), ['restored', ['hello skipped', 'verify skipped']]);
  const list = await runVirtbs(directory, 'tasks');
  t.match(list.stdout, /CHECKPOINT[^]*^hello .*[0-9a-f]{16}[^]*^verify .*[0-9a-f]{16}/m);
  t.match((await runVirtbs(directory, 'up', '--dry-run')).stdout, /^would do no task: all are done on the VMs$/m);

  await edit('run: cat /tmp/hello', 'run: cat /tmp/hello /etc/hostname');
  const planned = await runVirtbs(directory, 'up', '--dry-run');
  t.match(planned.stdout, /^would do verify on controller-02: what it runs changed$/m);
  t.notMatch(planned.stdout, /would do hello/);
  t.strictSame(await cycle(), ['restored', ['hello skipped', 'verify ran']]);

  const same = await verify();
  t.match(same, { code: 0, stdout: 'slice 1: verify: the same as on a slice deployed from nothing' });
  t.match(await slices(), { slices: [{ slice: 1 }] });
  await ssh(directory, 'controller-02', 'echo other | sudo tee /tmp/hello');
  const other = await verify();
  t.equal(other.code, 1);
  const lines = /verify on controller-02: slice 1 \(-\) and slice \d+, .*\n +- other\n +\+ hello from controller-02/;
  t.match(other.stderr, lines);
  t.match(other.stderr, /code: deployment-differs/);
  const left = (await slices()) as { readonly slices: readonly { readonly slice: number }[] };
  t.strictSame(
    left.slices.map(({ slice }) => slice),
    [1],
  );
});
