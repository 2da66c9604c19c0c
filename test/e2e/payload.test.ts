import { cp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { noLab, runVirtbs } from './run-virtbs.js';
import { ssh } from './standing-slice.js';

// It is made outside, from packages: a lab has no way to a mirror.
const isMade = (await readdir('/srv/virtbs/images/patroni').catch(() => [])).length > 0;
const noImage = isMade ? false : 'the image patroni was not built: it needs apt and mmdebstrap';

interface Unit {
  readonly task: string;
  readonly vm: string | null;
  readonly outcome: string;
  readonly why: string | null;
}

/** Reads how each task ended: `verify here ran`. */
function outcomes(units: readonly Unit[]): readonly string[] {
  return units.map(({ task, vm, outcome }) => `${task} ${vm ?? 'here'} ${outcome}`);
}

interface Cycled {
  readonly checkpoint: string | null;
  readonly tasks: readonly Unit[];
  readonly stderr: string;
}

/** A last task that is quick: each VM tells whether it is a standby, and whether nothing of the last task of before is there. */
const LOOK = `#!/bin/sh
for host in postgres-20 postgres-21; do
  ssh -F "$VIRTBS_SSH_CONFIG" "$host" sudo -u postgres psql -h /run/postgresql -qtA <<'SQL'
select pg_is_in_recovery(), to_regclass('verify') is null;
SQL
done
`;

/** Runs SQL on the VM that takes it, as soon as one does: a standby refuses to write. */
async function write(directory: string, sql: string): Promise<string> {
  for (;;) {
    for (const host of ['postgres-20', 'postgres-21']) {
      const command = `sudo -u postgres psql -h /run/postgresql -qtA -c "${sql}"`;
      const { code, stdout } = await ssh(directory, host, command);
      if (code === 0) return stdout;
    }
  }
}

t.test(
  'a payload is deployed and survives its primary, comes back from a checkpoint, and only an edited task runs again',
  { skip: noLab || noImage },
  async (t) => {
    const directory = t.testdir();
    const payload = join(await packageDirectory(), 'payloads', 'patroni');
    try {
      const cycle = async (source: string): Promise<Cycled> => {
        const words = ['patroni', 'etcd:1', 'postgres:2', '--timeout=600', '--checkpoint=yes', '--json', '--do'];
        const { code, stdout, stderr } = await runVirtbs(directory, '--payload', source, 'cycle', ...words);
        t.equal(code, 0, stderr);
        return { ...(JSON.parse(stdout) as Omit<Cycled, 'stderr'>), stderr };
      };
      const first = await cycle('patroni');
      t.equal(first.checkpoint, 'kept', first.stderr);
      t.strictSame(outcomes(first.tasks), [
        'etcd etcd-02 ran',
        'patroni postgres-20 ran',
        'patroni postgres-21 ran',
        'verify here ran',
      ]);
      const said = (await runVirtbs(directory, 'log', '--task', 'verify')).stdout;
      const [, killed, successor] = /^killing (\S+)\nprimary: (\S+)$/m.exec(said) ?? [];
      t.ok(killed !== undefined && successor !== undefined && killed !== successor, said);
      t.match(said, `${killed} is back`);

      const again = await cycle('patroni');
      t.equal(again.checkpoint, 'restored', again.stderr);
      t.ok(again.tasks.every(({ outcome }) => outcome === 'skipped'), JSON.stringify(again.tasks)); // prettier-ignore
      const count = await write(directory, "insert into verify values ('restored'); select count(*) from verify");
      t.match(count, /^[3-9]$/, 'it has the rows of the last task, and takes one more');

      await cp(payload, join(directory, 'patroni'), { recursive: true });
      await writeFile(join(directory, 'patroni', 'verify.sh'), LOOK);
      const edited = await cycle('./patroni');
      t.equal(edited.checkpoint, 'restored', edited.stderr);
      t.strictSame(outcomes(edited.tasks), [
        'etcd etcd-02 skipped',
        'patroni postgres-20 skipped',
        'patroni postgres-21 skipped',
        'verify here ran',
      ]);
      t.match(edited.tasks.at(-1)?.why, /\bscript verify\.sh changed$/);
      const looked = (await runVirtbs(directory, 'log', '--task', 'verify')).stdout;
      t.match(
        looked,
        /(?:^|\n)(?:f\|t\nt\|t|t\|t\nf\|t)(?:\n|$)/,
        'a primary and a standby, from before the last task',
      );
    } finally {
      t.equal((await runVirtbs(directory, 'wipe')).code, 0);
      t.equal((await runVirtbs(directory, 'checkpoint', 'rm', '--all')).code, 0);
    }
  },
);
