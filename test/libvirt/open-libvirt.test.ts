import { fileURLToPath } from 'node:url';
import t from 'tap';
import { VirtbsError } from '../../src/errors.js';
import { openLibvirt } from '../../src/libvirt/open-libvirt.js';
import { runProgram } from '../../src/process/run-program.js';
import type { ProgramResult } from '../../src/process/run-program.js';
import { noLibvirt } from './no-libvirt.js';

t.test(
  'where no daemon listens, the error has the URI, libvirt’s words and what to do',
  { skip: noLibvirt },
  async (t) => {
    const uri = 'qemu+unix:///system?socket=/nonexistent/libvirt-sock';
    const error: unknown = await openLibvirt(uri).catch((failure: unknown) => failure);
    t.type(error, VirtbsError);
    t.match(error, { code: 'libvirt-unreachable', hint: /does not run.*virtbs lab/ });
    t.ok(error instanceof Error && error.message.startsWith(uri) && error.message.includes('/nonexistent/'));
  },
);

t.test(
  'a URI of no known driver is an error too, and one that is no URI is told to be checked',
  { skip: noLibvirt },
  async (t) => {
    await t.rejects(openLibvirt('nonsense:///system'), { code: 'libvirt-unreachable', message: /^nonsense:/ });
    await t.rejects(openLibvirt('no uri at all'), { code: 'libvirt-unreachable', hint: /check --connect/ });
  },
);

t.test(
  'a process that fails a look-up prints nothing of its own on stderr and ends by itself',
  { skip: noLibvirt },
  async (t) => {
    const { stdout, stderr } = await runBeside('missing-domain.process.js');
    t.equal(stderr, '');
    t.strictSame(JSON.parse(stdout), { code: 42, unreachable: 'libvirt-unreachable' });
  },
);

t.test('many thousand calls do not grow the process', { skip: noLibvirt }, async (t) => {
  const { stdout } = await runBeside('many-calls.process.js', '--expose-gc');
  const grown = Number(stdout);
  t.ok(grown < 6, `grown by ${grown} MiB`);
});

/** Runs a program beside this file in a process of its own. */
async function runBeside(name: string, ...options: string[]): Promise<ProgramResult> {
  const path = fileURLToPath(new URL(name, import.meta.url));
  return runProgram(process.execPath, [...process.execArgv, ...options, path], { timeout: 60_000 });
}
