import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createMemoryWorld, openMemoryDriver } from '../../src/driver/memory/memory-driver.js';
import type { Driver } from '../../src/driver/types.js';
import type { VerbContext } from '../../src/events.js';
import { outputPaths, slicePaths } from '../../src/filenames.js';
import { prepareRoot } from '../../src/files/prepare-root.js';
import { prepareSliceDirectories } from '../../src/slice/prepare-slice-directories.js';
import { reboot } from '../../src/slice/reboot.js';
import { findSshHosts } from '../../src/slice/find-ssh-hosts.js';
import { runOnVms } from '../../src/slice/run-on-vms.js';
import { status } from '../../src/slice/status.js';
import { noSshd, startGuests } from '../guest/local-sshd.js';
import { planOf } from '../plan/plan-of.js';

const skip = noSshd;

interface Bench {
  readonly driver: Driver;
  readonly context: VerbContext;
  readonly powers: readonly string[];
  /** What every verb on VMs is given. */
  readonly options: {
    readonly slice: 1;
    readonly root: string;
    readonly outputDirectory: string;
    readonly words: readonly string[];
    readonly driver: Driver;
    readonly lockTimeout: 0;
  };
}

/** A slice in memory whose guests are one real ssh server, which is behind another machine for all who ask. */
async function setUp(t: Test, topology: readonly string[], instead?: string): Promise<Bench> {
  const directory = t.testdir({ root: {}, output: {} });
  const [root, outputDirectory] = [join(directory, 'root'), join(directory, 'output')];
  const context: VerbContext = { emit: () => undefined, signal: new AbortController().signal };
  await prepareRoot(root);
  await prepareSliceDirectories(slicePaths(root, 1));
  const plan = await planOf(1, ...topology);
  const memory = openMemoryDriver(createMemoryWorld(), root);
  const image = { slot: 'mini', build: 'b1', path: 'x', format: 'qcow2', virtualSize: 1 } as const;
  const images = new Map([['mini:default', Promise.resolve(image)]]);
  const created = '2026-01-02T03:04:05.000Z';
  await memory.create({ plan, images, seeds: new Map(), created, session: 'x' }, context);
  await mkdir(outputDirectory, { recursive: true });
  const hostnames = plan.vms.map(({ hostname }) => hostname);
  await startGuests(t, outputPaths(outputDirectory, 1).sshConfig, {
    hostnames,
    ...(instead !== undefined && { instead }),
  });
  const powers: string[] = [];
  const driver: Driver = {
    ...memory,
    features: { ...memory.features, guests: true },
    reach: async (reached) => ({ ...reached, access: { jump: 'elsewhere', users: {} } }),
    power: async (vm, action, verb) => {
      powers.push(action);
      await memory.power(vm, action, verb);
    },
  };
  const options = { slice: 1, root, outputDirectory, words: [], driver, lockTimeout: 0 } as const;
  return { driver, context, powers, options };
}

t.test('a guest that says the same to everything is reset when its time is over', { skip }, async (t) => {
  const { options, context, powers } = await setUp(t, ['plain:1'], 'echo the same');
  const began = performance.now();
  const timeouts = { shutdownTimeout: 2000, bootTimeout: 10_000 };
  const { vms } = await reboot({ ...options, ...timeouts, force: false, wait: true }, context);
  t.match(vms, [{ hostname: 'plain-60', change: 'reset' }]);
  t.strictSame([powers.at(0), powers.at(-1)], ['reboot', 'reset']);
  t.ok(performance.now() - began < 8000, 'it ends');
});

t.test('a guest that says nothing is reset when its time is over, too', { skip }, async (t) => {
  const { options, context, powers } = await setUp(t, ['plain:1'], 'sleep 600');
  const timeouts = { shutdownTimeout: 1000, bootTimeout: 1000 };
  const rebooting = reboot({ ...options, ...timeouts, force: false, wait: true }, context);
  await t.rejects(rebooting, { code: 'vm-failed', message: /plain-60 .*no progress for 1 s/ });
  t.equal(powers[0], 'reboot');
});

t.test('a guest has a limited time to say how it is', { skip }, async (t) => {
  const { options, context } = await setUp(t, ['plain:1'], 'sleep 600');
  const { vms } = await status({ ...options, timeout: 1500 }, context);
  t.match(vms, [{ hostname: 'plain-60', ssh: 'refused', reason: 'ssh: no answer within 1.5 s' }]);
});

t.test('of many VMs at once nobody is warned of listeners', { skip, timeout: 120_000 }, async (t) => {
  const { options, context } = await setUp(t, ['worker:12']);
  const warnings: string[] = [];
  const onWarning = ({ name }: Error): void => void warnings.push(name);
  process.on('warning', onWarning);
  t.teardown(() => process.off('warning', onWarning));
  const run = await runOnVms(
    { ...options, ...(await findSshHosts(options)), command: ['echo', 'a  b'], collect: true },
    { ...context, onLine: () => undefined },
  );
  t.strictSame([...new Set(run.vms.map(({ stdout }) => stdout))], ['a  b\n']);
  t.equal((await status({ ...options, timeout: 60_000 }, context)).vms.length, 12);
  t.strictSame(warnings, []);
});
