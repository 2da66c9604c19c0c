import t from 'tap';
import { selectVm, selectVms } from '../../src/slice/select-vms.js';

const vm = (hostname: string, role: string) => ({ hostname, domain: `bs1-${hostname}`, role });
const VMS = [
  vm('controller-02', 'controller'),
  vm('controller-03', 'controller'),
  vm('worker-20', 'worker'),
  vm('big-disk-80', 'Big_Disk'),
];

function select(...words: readonly string[]): readonly string[] {
  return selectVms(VMS, words, 1).map(({ hostname }) => hostname);
}

t.test('nothing is the whole slice, a role all of its VMs, a name one', async (t) => {
  t.strictSame(
    select(),
    VMS.map(({ hostname }) => hostname),
  );
  t.strictSame(select('controller'), ['controller-02', 'controller-03']);
  t.strictSame(select('controller-03'), ['controller-03']);
  t.strictSame(select('bs1-worker-20'), ['worker-20']);
  t.strictSame(select('worker-20.bs1'), ['worker-20']);
  t.throws(() => select('worker-20.bs2'), { code: 'usage' });
  t.strictSame(select('Big_Disk'), ['big-disk-80']);
  t.strictSame(select('big-disk'), ['big-disk-80'], 'a role as host names have it');
});

t.test('a VM is also meant by its number in its role', async (t) => {
  t.strictSame(select('controller.2'), ['controller-03']);
  t.strictSame(select('worker.1.bs1', 'big-disk.1'), ['worker-20', 'big-disk-80']);
  t.throws(() => select('controller.3', 'controller.0', 'controller.02', 'worker.1.bs2'), {
    message: /controller\.3.*\n.*controller\.0.*\n.*controller\.02.*\n.*worker\.1\.bs2/,
  });
  const second = { ...vm('worker-21', 'worker'), ordinal: 'worker.2' };
  t.equal(selectVm([second], 'worker.2', 1), second, 'a list without the first');
  t.throws(() => selectVm([second], 'worker.1', 1), { code: 'usage' });
});

t.test('several words are the VMs that any of them means, each once, in the order of the slice', async (t) => {
  t.strictSame(select('worker', 'controller-02', 'controller', 'worker-20'), [
    'controller-02',
    'controller-03',
    'worker-20',
  ]);
});

t.test('a role that has the name of a VM wins', async (t) => {
  const odd = [...VMS, vm('controller-02-f0', 'controller-02')];
  t.strictSame(
    selectVms(odd, ['controller-02'], 1).map(({ hostname }) => hostname),
    ['controller-02-f0'],
  );
});

t.test('unknown words are told all at once, with the nearest right one', async (t) => {
  t.throws(() => select('contoller', 'worker', 'worker-21', 'bs2-worker-20'), {
    code: 'usage',
    exitCode: 2,
    message: /"contoller", did you mean "controller"\?\n.*"worker-21", did you mean "worker-20"\?\n.*"bs2-worker-20"/,
    hint: /virtbs -s 1 ls/,
  });
});

t.test('a slice without VMs is an error of its own', async (t) => {
  t.throws(() => selectVms([], [], 7), { code: 'slice-empty', exitCode: 1, message: /slice 7/ });
});

t.test('where one VM is wanted, a role means its first', async (t) => {
  t.equal(selectVm(VMS, 'controller', 1).hostname, 'controller-02');
  t.equal(selectVm(VMS, 'controller-03', 1).hostname, 'controller-03');
});
