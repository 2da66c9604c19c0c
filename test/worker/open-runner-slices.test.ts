import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { DEFAULT_RUNNER } from '../../src/config/runner-settings.js';
import { createMemoryWorld, openMemoryDriver } from '../../src/driver/memory/memory-driver.js';
import { runnerPaths } from '../../src/filenames.js';
import { packageDirectory } from '../../src/package-directory.js';
import { runProgram } from '../../src/process/run-program.js';
import { CI_SESSION } from '../../src/session/recognize-session.js';
import { cycle } from '../../src/slice/cycle.js';
import { openRunnerSlices } from '../../src/worker/runner/open-runner-slices.js';
import { openWorkplace } from '../../src/workplace/open-workplace.js';
import type { WorkplaceSettings } from '../../src/workplace/workplace-settings.js';

t.test('what an earlier process has left is found by its sessions, and ended with its files', async (t) => {
  const directory = t.testdir({});
  const base = join(directory, 'base.qcow2');
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', base, '64M']);
  const world = createMemoryWorld();
  const settings: WorkplaceSettings = {
    ...{ cwd: directory, env: {}, packageDirectory: await packageDirectory(), root: 'root', project: null },
    overrides: [
      { kind: 'literal', text: `image_flow.empty={image_download: {url: [${base}], insecure: true}}` },
      { kind: 'string', text: 'machine_matrix.roles.plain.disks.root.image_slot=empty' },
    ],
    openDriver: async (_name, { root }) => openMemoryDriver(world, root),
    ...{ emit: () => undefined, signal: new AbortController().signal },
  };
  /** Leaves a slice as a process does that is killed: being made, or whole. */
  const leave = async (name: string, isWhole: boolean): Promise<void> => {
    const { directory: output } = runnerPaths(join(directory, 'root'), name);
    await mkdir(output, { recursive: true });
    const env = { [CI_SESSION]: `runner/${name}` };
    await using place = openWorkplace({ ...settings, env, outputDirectory: output });
    const plan = { layers: 'roles', topology: ['plain:1'] };
    await using lease = await place.lease({ until: 'process', ttl: 60_000, another: true, plan });
    const { checkpoint } = await place.configuration();
    await cycle(
      {
        ...{ ...(await place.creation()), plan: await place.plan({ ...plan, slice: lease.slice }), checkpoint },
        ...{ ttl: 60_000, bootTimeout: 1000, lockTimeout: 1000, loadMilliseconds: 0, wait: false, dryRun: false },
      },
      place.verb,
    );
    if (isWhole) await lease.keep('time');
  };
  await leave('virtbs-1-whole', true);
  await leave('virtbs-1-half', false);
  await leave('virtbs-2-other', true);
  t.equal(world.domains.size, 3);

  await using place = openWorkplace(settings);
  const slices = openRunnerSlices(DEFAULT_RUNNER, place);
  const left = [...(await slices.left('virtbs-1-'))].sort((one, other) => one.name.localeCompare(other.name));
  t.match(left, [
    { name: 'virtbs-1-half', isWhole: false },
    { name: 'virtbs-1-whole', isWhole: true },
  ]);
  t.ok(Math.abs((left[1]?.expires ?? 0) - Date.now()) < 60_000);
  for (const { name } of left) await slices.end(name);
  t.strictSame(await slices.left('virtbs-1-'), []);
  t.equal(world.domains.size, 1, 'those of others stay');
  t.notOk(existsSync(runnerPaths(join(directory, 'root'), 'virtbs-1-whole').directory));
  await slices.end('virtbs-1-none');
});
