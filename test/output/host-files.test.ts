import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { slicePaths } from '../../src/filenames.js';
import { environmentFile } from '../../src/output/environment-file.js';
import { etcHosts } from '../../src/output/etc-hosts.js';
import { instackenv } from '../../src/output/instackenv.js';
import { runProgram } from '../../src/process/run-program.js';
import { planOf } from '../plan/plan-of.js';

t.test('a shell that sources the variables has every address, and paths as they are', async (t) => {
  const plan = await planOf(1, 'controller:1', 'worker:2');
  const outputDirectory = `/tmp/it's $(touch x) "100%"\n; folder`;
  const file = join(t.testdir(), 'env-bs1.sh');
  await writeFile(file, environmentFile(plan, { paths: slicePaths('/srv/virtbs', 1), outputDirectory }));
  const names = ['SLICE', 'HOSTS', 'WORKER_HOSTS', 'CONTROLLER_02_IP', 'WORKER_21_DATA_IP6', 'WORKER_20_NET_MAC'];
  const script = `. "$1"; for name in ${names.join(' ')} SSH_CONFIG; do sh -c 'eval "printf %s \\"\\$VIRTBS_$1\\""' - $name; echo '|'; done`;
  const { stdout } = await runProgram('sh', ['-eu', '-c', script, '-', file]);
  t.strictSame(stdout.split('|\n'), [
    '1',
    'controller-02 worker-20 worker-21',
    'worker-20 worker-21',
    '172.16.17.2',
    'fd00:aaaa:0:1002::21',
    '52:54:00:10:01:20',
    `${outputDirectory}/sshconf-bs1|`,
  ]);
});

t.test('lines for /etc/hosts name a VM by its names, and on each network by that too', async (t) => {
  const lines = etcHosts(await planOf(1, 'controller:1', 'worker:1'))
    .trim()
    .split('\n');
  t.match(lines[0], /^# virtbs slice 1,/);
  t.strictSame(lines.slice(1, 5), [
    '172.16.17.2 controller-02 bs1-controller-02 controller.1 controller-02.bs1 controller.1.bs1 controller-02.net bs1-controller-02.net',
    'fd00:aaaa:0:1001::2 controller-02 bs1-controller-02 controller.1 controller-02.bs1 controller.1.bs1 controller-02.net bs1-controller-02.net',
    '172.16.18.2 controller-02.data bs1-controller-02.data',
    'fd00:aaaa:0:1002::2 controller-02.data bs1-controller-02.data',
  ]);
  const addresses = lines.slice(1).map((line) => line.split(' ')[0]);
  t.equal(new Set(addresses).size, addresses.length);
});

t.test('TripleO is told every VM with its MAC and a port of its own', async (t) => {
  const plan = await planOf(1, 'pxe:2');
  const { nodes } = JSON.parse(instackenv(plan, { address: 'lab.example.org', user: 'x' })) as {
    readonly nodes: readonly Readonly<Record<string, unknown>>[];
  };
  t.strictSame(nodes[0], {
    name: 'pxe-c0',
    arch: 'x86_64',
    cpu: '1',
    memory: '512',
    disk: '10',
    mac: ['52:54:00:10:01:c0'],
    pm_type: 'ipmi',
    pm_addr: 'lab.example.org',
    pm_port: '8640',
    pm_user: 'admin',
    pm_password: 'password',
  });
  t.equal(nodes[1]?.['pm_port'], '8641');
  const last = instackenv(await planOf(255, 'pxe:1'), { address: 'x', user: 'x' });
  t.notMatch(last, /pm_port/, 'no port is better than none that exists');
});
