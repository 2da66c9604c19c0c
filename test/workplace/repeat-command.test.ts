import t from 'tap';
import { repeatCommand } from '../../src/workplace/repeat-command.js';

t.test('a command in a hint has the options that say where, as a shell takes them', async (t) => {
  const files = ['cluster.yaml', "it's mine.yaml"];
  t.equal(repeatCommand({ connect: 'qemu:///system', outputDirectory: '.' }, 3)(['do']), 'virtbs -s 3 do');
  t.equal(
    repeatCommand({ files, root: '/var/bs', topologyFile: 'all.yaml' }, 1)(['do', '--again', 'primary']),
    `virtbs -s 1 --root /var/bs -c cluster.yaml -c 'it'\\''s mine.yaml' -c all.yaml do --again primary`,
  );
  t.equal(
    repeatCommand(
      { overrides: [{ kind: 'literal', text: 'roles.worker.memory=1 GiB' }], driver: 'openstack' },
      1,
    )(['tasks']),
    `virtbs -s 1 --driver openstack -E 'roles.worker.memory=1 GiB' tasks`,
  );
});
