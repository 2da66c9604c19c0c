import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { env } from 'node:process';
import t, { type Test } from 'tap';
import type { Driver } from '../../src/driver/types.js';
import { VirtbsError } from '../../src/errors.js';
import { packageDirectory } from '../../src/package-directory.js';
import { fetchLog } from '../../src/slice/fetch-log.js';
import { findConsole } from '../../src/slice/find-console.js';
import { openBench, type DriverBench } from '../driver/openstack-bench.js';
import type { FakeServer } from '../openstack/fake/fake-compute.js';
import { planOf } from '../plan/plan-of.js';

/** Long before a slow machine is done. */
const LIMIT = 60_000;

interface Followed {
  /** What is done when a text has come; the last ends it. */
  readonly steps: readonly (() => void)[];
  readonly lines?: number;
  readonly driver?: Pick<Driver, 'readConsole'>;
}

/** The texts that come while the console of the first VM is followed, one for each step. */
async function follow(bench: DriverBench, { steps, lines, driver = bench.driver }: Followed): Promise<string[]> {
  const found = await findConsole('plain', { root: bench.root, slice: 1 });
  const signal = AbortSignal.timeout(LIMIT);
  const options = { driver, follow: true, interval: 10, ...(lines !== undefined && { lines }) };
  const texts: string[] = [];
  for await (const chunk of fetchLog(found, options, { ...bench.tell, signal })) {
    texts.push(Buffer.from(chunk).toString());
    const step = steps[texts.length - 1];
    if (!step) break;
    step();
  }
  return texts;
}

/** A slice of one VM in a cloud in memory. */
async function openWithVm(t: Test): Promise<DriverBench & { readonly server: FakeServer }> {
  const bench = await openBench(t);
  await bench.build(await planOf(1, 'plain:1'));
  const [server] = bench.fake.compute.servers;
  if (!server) throw new Error('there is no server');
  return { ...bench, server };
}

t.test('a console that a cloud keeps is followed: cut short, begun anew, and that of another server', async (t) => {
  const bench = await openWithVm(t);
  const { server } = bench;
  const { compute } = bench.fake;
  const long = Array.from({ length: 3000 }, (_, index) => `line ${index}\n`).join('');
  const texts = await follow(bench, {
    lines: 1,
    steps: [
      () => (server.console += long),
      () => {
        compute.consoleCharacters = 20_000;
        server.console += 'more\n';
      },
      () => (server.console = 'begun anew\n'),
      () => compute.servers.splice(0, 1, { ...server, id: randomUUID(), console: 'another\n' }),
    ],
  });
  t.strictSame(texts, ['lab: ready\n', long, 'more\n', 'begun anew\n', 'another\n']);
});

t.test('a connection that is lost is told once, and what came meanwhile is shown', async (t) => {
  const bench = await openWithVm(t);
  const { server, events } = bench;
  let failures = 0;
  const driver: Pick<Driver, 'readConsole'> = {
    async readConsole(vm, context) {
      if (failures-- > 0) throw new VirtbsError('cloud-unreachable', 'compute: the connection was reset');
      return (await bench.driver.readConsole?.(vm, context)) ?? '';
    },
  };
  const lose = (times: number) => () => {
    failures = times;
    server.console += `lost ${times}\n`;
  };
  const texts = await follow(bench, { driver, lines: 1, steps: [lose(3), lose(2)] });
  t.strictSame(texts, ['lab: ready\n', 'lost 3\n', 'lost 2\n']);
  const told = { type: 'warning', message: 'compute: the connection was reset; trying again until it is there' };
  t.strictSame(
    events.filter(({ type }) => type === 'warning'),
    [told, told],
    'once each time',
  );
  failures = 1;
  await t.rejects(follow(bench, { driver, steps: [] }), { code: 'cloud-unreachable' }, 'nothing is followed yet');
});

t.test('log --follow and console show what a cloud keeps, and go on until Ctrl-C', async (t) => {
  const { fake, root, server } = await openWithVm(t);
  server.console = Array.from({ length: 30 }, (_, index) => `line ${index}\n`).join('');
  const virtbs = join(await packageDirectory(), 'bin', 'virtbs');
  const show = async (words: readonly string[], more: string): Promise<unknown> => {
    const child = spawn(process.execPath, [virtbs, '--driver', 'openstack', '--root', root, '-s', '1', ...words], {
      env: { ...env, ...fake.environment() },
      timeout: LIMIT,
    });
    const ended = once(child, 'exit');
    let [stdout, stderr] = ['', ''];
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    for await (const chunk of child.stdout) {
      if (stdout === '') server.console += more;
      stdout += String(chunk);
      if (stdout.endsWith(more)) child.kill('SIGINT');
    }
    const [code] = await ended;
    return { code, stdout, stderr };
  };
  t.strictSame(await show(['log', '-f', '-n', '2', 'plain'], 'more\n'), {
    code: 0,
    stdout: 'line 28\nline 29\nmore\n',
    stderr: '',
  });
  t.match(await show(['console', 'plain'], 'yet more\n'), {
    code: 0,
    stdout: /^line 11\n(?:line \d+\n){18}more\nyet more\n$/,
    stderr: 'the console of bs1-plain-60 can only be read; Ctrl-C ends this\n',
  });
});
