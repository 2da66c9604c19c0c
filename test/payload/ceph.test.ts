import { join } from 'node:path';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { runLine } from '../cli/run-line.js';

interface DryRun {
  readonly tasks: readonly { readonly task: string; readonly vm: string | null; readonly outcome: string }[];
}

/** Says where a cycle of the payload would run each of its tasks. */
async function places(folder: string, ...words: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const place = ['--connect', 'test:///default', '--root', join(folder, 'root'), '--output-dir', folder];
  const line = [...place, '--payload', 'ceph', 'cycle', ...words, '--dry-run', '--json'];
  const { code, stdout, stderr } = await runLine(line, { cwd: folder });
  if (code !== 0) throw new Error(stderr);
  const found: Record<string, string> = {};
  for (const { task, vm } of (JSON.parse(stdout) as DryRun).tasks) {
    found[task] = [...(found[task] === undefined ? [] : [found[task]]), vm ?? 'here'].join(' ');
  }
  return found;
}

t.test('each VM of the payload ceph is a monitor, a manager and a keeper of disks', async (t) => {
  const all = 'ceph-02 ceph-03 ceph-04';
  const once = { pool: 'ceph-02', verify: 'here' };
  t.strictSame(await places(t.testdir()), { conf: all, mon: all, mgr: all, osd: all, ...once });
});

t.test('in a steering file for the payload ceph the labels say which VM is what', async (t) => {
  const steering = join(await packageDirectory(), 'payloads', 'ceph', 'steering.json');
  const all = 'ceph-02 ceph-03 ceph-04';
  const once = { mon: 'ceph-02', mgr: 'ceph-02', pool: 'ceph-02', verify: 'here' };
  t.strictSame(await places(t.testdir(), '--file', steering), { conf: all, osd: all, ...once });
});
