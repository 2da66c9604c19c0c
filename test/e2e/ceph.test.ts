// A VM that is cut off and let back is for long runs: `verify` takes more than all other tasks.
import { readdir } from 'node:fs/promises';
import { env } from 'node:process';
import t from 'tap';
import { noLab, runVirtbs } from './run-virtbs.js';
import { ssh } from './standing-slice.js';

// It is made outside, from packages: a lab has no way to a mirror.
const isMade = (await readdir('/srv/virtbs/images/ceph').catch(() => [])).length > 0;
const noImage = isMade ? false : 'the image ceph was not built: it needs apt and mmdebstrap';

/** A steering file of osweint: the second VM has a label of its own. */
const STEERING = JSON.stringify({
  label: { both: { CEPH_LAYOUT: ['OSD', 'MON'] }, disks: { CEPH_LAYOUT: ['OSD'] } },
  images: { i: { OS_IMAGE_NAME: 'SLES12' } },
  flavor: { f: { OS_FLAVOR_NAME: 'd2.tiny' } },
  instances: {
    first: { uuid_image: 'i', uuid_flavour: 'f', usr_label: ['both'] },
    second: { uuid_image: 'i', uuid_flavour: 'f', usr_label: ['disks'] },
  },
});

/** A role like that of the payload, with one disk in place of three. */
const SMALL = `
machine_matrix:
  ceph:
    small:
      memory: 768MiB
      vcpu: 1
      nets: [net, data]
      disks: { root: { size: 3GiB, image_slot: ceph }, osd-1: { size: 2GiB } }
      first_offset: 0x02
steering: { flavors: { d2.tiny: small } }
`;

interface Cycled {
  readonly checkpoint: string | null;
  readonly tasks: readonly { readonly task: string; readonly vm: string | null; readonly outcome: string }[];
}

/** Writes a block device on the first VM, and reads it on the second, which has no monitor. */
async function writeAndRead(directory: string, image: string): Promise<readonly string[]> {
  const file = `/tmp/${image}`;
  const lines = {
    'small-02': `head -c 1048576 /dev/urandom >${file}; sudo rbd import --no-progress ${file} rbd/${image}; sha256sum <${file}`,
    'small-03': `sudo rbd export --no-progress rbd/${image} - | sha256sum`,
  };
  const digests: string[] = [];
  for (const [host, line] of Object.entries(lines)) {
    const { code, stdout, stderr } = await ssh(directory, host, `set -e; ${line}`);
    if (code !== 0) throw new Error(stderr);
    digests.push(stdout.trim());
  }
  return digests;
}

t.test(
  'a steering file builds a Ceph, which is healthy after it came back from a checkpoint',
  { skip: noLab || noImage },
  async (t) => {
    const directory = t.testdir({ 'steering.json': STEERING, 'small.yaml': SMALL });
    const options = ['--payload', 'ceph', '-c', 'small.yaml'];
    const cycle = async (): Promise<Cycled> => {
      const words = ['cycle', '--file=steering.json', '--timeout=1800', '--checkpoint=yes', '--json', '--do', 'pool'];
      const { code, stdout, stderr } = await runVirtbs(directory, ...options, ...words);
      t.equal(code, 0, stderr);
      return JSON.parse(stdout) as Cycled;
    };
    const log = async (task: string): Promise<string> => (await runVirtbs(directory, 'log', '--task', task)).stdout;
    try {
      const { checkpoint, tasks } = await cycle();
      t.equal(checkpoint, 'kept');
      t.strictSame(
        tasks.map(({ task, vm, outcome }) => `${task} ${vm ?? 'here'} ${outcome}`),
        [
          'conf small-02 ran',
          'conf small-03 ran',
          'mon small-02 ran',
          'mgr small-02 ran',
          'osd small-02 ran',
          'osd small-03 ran',
          'pool small-02 ran',
        ],
        'its labels decide',
      );
      const [wrote, read] = await writeAndRead(directory, 'deployed');
      t.match(wrote, /^[0-9a-f]{64} /);
      t.equal(read, wrote);

      const again = await cycle();
      t.equal(again.checkpoint, 'restored');
      t.ok(again.tasks.every(({ outcome }) => outcome === 'skipped'), JSON.stringify(again.tasks)); // prettier-ignore
      t.equal((await log('pool.on_restore')).trim().split('\n').at(-1), 'HEALTH_OK');
      const [wroteAgain, readAgain] = await writeAndRead(directory, 'restored');
      t.equal(readAgain, wroteAgain);
      t.equal((await ssh(directory, 'small-03', 'sudo rbd ls')).stdout, 'restored', 'nothing of after it was kept');

      if (env['VIRTBS_TEST_LONG'] === '1') {
        const { code, stderr } = await runVirtbs(directory, ...options, 'do', '--timeout=1800');
        t.equal(code, 0, stderr);
        t.match(await log('verify'), /cutting off small-03\n(?:.*\n)*HEALTH_OK\nsmall-03 read what small-02 wrote/);
      }
    } finally {
      t.equal((await runVirtbs(directory, 'wipe')).code, 0);
      t.equal((await runVirtbs(directory, 'checkpoint', 'rm', '--all')).code, 0);
    }
  },
);
