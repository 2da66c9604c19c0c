// In CI there is no time for it: at a load of 20 to 33 it takes 18 minutes on two processors, and its image 4 more. With nothing else to do
// the processor time that it needs (180 s) and the image's make some five minutes.
import { readdir } from 'node:fs/promises';
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

t.test(
  'a steering file builds a Ceph that survives the loss of a VM, and is healthy after it came back from a checkpoint',
  { skip: noLab || noImage },
  async (t) => {
    const directory = t.testdir({ 'steering.json': STEERING, 'small.yaml': SMALL });
    const cycle = async (): Promise<Cycled> => {
      const options = ['--payload', 'ceph', '--file', 'steering.json', '-c', 'small.yaml'];
      const words = ['cycle', '--timeout=1800', '--checkpoint=yes', '--json', '--do'];
      const { code, stdout, stderr } = await runVirtbs(directory, ...options, ...words);
      t.equal(code, 0, stderr);
      return JSON.parse(stdout) as Cycled;
    };
    try {
      const { tasks } = await cycle();
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
          'verify here ran',
        ],
        'its labels decide',
      );
      const said = (await runVirtbs(directory, 'log', '--task', 'verify')).stdout;
      t.match(said, /cutting off small-03\n(?:.*\n)*HEALTH_OK\nsmall-03 read what small-02 wrote/);

      const again = await cycle();
      t.equal(again.checkpoint, 'restored');
      t.ok(again.tasks.every(({ outcome }) => outcome === 'skipped'), JSON.stringify(again.tasks)); // prettier-ignore
      t.equal((await runVirtbs(directory, 'log', '--task', 'pool.on_restore')).stdout.trim().split('\n').at(-1), 'HEALTH_OK'); // prettier-ignore
      const { code, stdout, stderr } = await ssh(directory, 'small-03', 'sudo rbd create --size 8M rbd/restored && sudo rbd ls'); // prettier-ignore
      t.equal(code, 0, stderr);
      t.match(stdout, /^restored\nverify-/);
    } finally {
      t.equal((await runVirtbs(directory, 'wipe')).code, 0);
      t.equal((await runVirtbs(directory, 'checkpoint', 'rm', '--all')).code, 0);
    }
  },
);
