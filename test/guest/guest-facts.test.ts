import { hostname } from 'node:os';
import t from 'tap';
import { runProgram } from '../../src/process/run-program.js';
import { FACT_QUESTIONS, parseFacts } from '../../src/guest/guest-facts.js';

t.test('any Linux answers the questions, in a shell that knows no more than POSIX', async (t) => {
  const { stdout } = await runProgram('sh', ['-c', FACT_QUESTIONS]);
  const facts = parseFacts(stdout.split('\n'));
  t.equal(facts?.shortName, hostname().split('.')[0]);
  const { stdout: kernel } = await runProgram('uname', ['-r']);
  t.equal(facts?.kernel, kernel);
  const started = Date.parse(facts?.bootTime ?? '');
  t.ok(started > 0 && started < Date.now());
  t.match(facts?.bootId, /^[0-9a-f-]{36}$/);
  const { stdout: listed } = await runProgram('lsblk', ['--json', '--bytes', '--nodeps', '--output', 'NAME,SIZE,RO']);
  const { blockdevices } = JSON.parse(listed) as { blockdevices: { name: string; size: number; ro: boolean }[] };
  for (const { name, sizeBytes, readOnly } of facts?.disks ?? []) {
    t.strictSame(
      blockdevices.find((device) => device.name === name),
      { name, size: sizeBytes, ro: readOnly },
    );
  }
});

t.test('answers are read as they are, and what was not said is null', async (t) => {
  const facts = parseFacts([
    'short worker-20',
    'long worker-20.example.org',
    'system "Debian GNU/Linux 12 (bookworm)"',
    'boot 1795237302',
    'arch ',
    'disk vda 2097152 0 root',
    'disk vdb 736 1 a serial with blanks ',
    'disk vdc 8 0 ',
    'disk sr0 0 0 ',
    'id 4bd913b0',
  ]);
  t.strictSame(facts, {
    shortName: 'worker-20',
    longName: 'worker-20.example.org',
    system: 'Debian GNU/Linux 12 (bookworm)',
    kernel: null,
    arch: null,
    bootTime: '2026-11-21T05:01:42.000Z',
    bootId: '4bd913b0',
    disks: [
      { name: 'vda', sizeBytes: 1024 ** 3, serial: 'root', readOnly: false },
      { name: 'vdb', sizeBytes: 736 * 512, serial: 'a serial with blanks', readOnly: true },
      { name: 'vdc', sizeBytes: 4096, serial: null, readOnly: false },
    ],
  });
});

t.test('a guest that says nothing, or says something else, has no facts', async (t) => {
  t.equal(parseFacts([]), null);
  t.equal(parseFacts(['sh: syntax error', 'Welcome']), null);
});
