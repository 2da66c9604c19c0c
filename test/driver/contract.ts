import { rm, symlink } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Ability, CreateRequest, Driver, DriverContext, VmState } from '../../src/driver/types.js';
import { slicePaths } from '../../src/filenames.js';
import type { ImageBuild } from '../../src/image/types.js';
import { runProgram } from '../../src/process/run-program.js';
import { prepareSliceDirectories } from '../../src/slice/prepare-slice-directories.js';
import type { SlicePlan, VmPlan } from '../../src/plan/plan.js';
import { planOf } from '../plan/plan-of.js';

/** A hypervisor under test, and what the suite must be able to do to it behind the driver's back. */
export interface ContractWorld {
  open(root: string): Promise<Driver>;
  /** A domain, and a network with that subnet, of somebody else. */
  addForeignDomain(name: string): Promise<void>;
  addForeignNetwork(name: string, cidr: string): Promise<void>;
  removeForeign(): Promise<void>;
  domainNames(): Promise<readonly string[]>;
  networkNames(): Promise<readonly string[]>;
  /** Whether it lets the driver keep VMs, where that can; it does where not given. */
  readonly snapshots?: boolean;
}

/** What every driver must do that does not declare itself unable to, whatever it drives. Each test leaves the world as it found it. */
export function testDriverContract(t: Test, title: string, world: ContractWorld): void {
  const context: DriverContext = { emit: () => undefined, signal: new AbortController().signal };

  const withDriver = async (
    t: Test,
    work: (driver: Driver, root: string) => Promise<void>,
    needs: readonly Ability[] = ['create', 'destroy'],
  ): Promise<void> => {
    const root = t.testdir();
    await using driver = await world.open(root);
    const lacking = needs.find((ability) => driver.features.unable[ability] !== undefined);
    if (lacking !== undefined) {
      t.pass(`it is unable to ${lacking}: ${driver.features.unable[lacking]}`);
      return;
    }
    try {
      await work(driver, root);
    } finally {
      if (needs.includes('destroy')) await Promise.all([1, 10].map((slice) => driver.destroy(slice, context)));
      await world.removeForeign();
    }
  };

  t.test(`${title}: a way to boot build VMs is there, or is declared not to be`, async (t) => {
    await withDriver(
      t,
      async ({ runBuildVm, features }) => {
        t.equal(runBuildVm === undefined, features.unable['build-vm'] !== undefined);
      },
      [],
    );
  });

  t.test(`${title}: a raised signal ends a look before it is taken`, async (t) => {
    await withDriver(
      t,
      async (driver) => {
        const raised = { emit: () => undefined, signal: AbortSignal.abort() };
        await t.rejects(driver.inspect({}, raised));
        await t.rejects(driver.usage({}, raised));
      },
      [],
    );
  });

  t.test(`${title}: a slice that was never built is not seen`, async (t) => {
    await withDriver(t, async (driver) => {
      t.strictSame(await driver.inspect({}, context), []);
      t.strictSame(await driver.inspect({ slice: 1 }, context), []);
    });
  });

  t.test(`${title}: a root is the folder that it is, whatever path leads to it`, async (t) => {
    await withDriver(t, async (driver, root) => {
      await build(driver, await planOf(1, 'controller:1'), root);
      const link = `${root}-link`;
      await rm(link, { force: true });
      await symlink(root, link);
      await using other = await world.open(link);
      const [state] = await other.inspect({ slice: 1 }, context);
      await rm(link);
      t.equal(state?.root, link, 'it is ours');
    });
  });

  t.test(`${title}: what was built is what the plan promised`, async (t) => {
    await withDriver(t, async (driver, root) => {
      const plan = await planOf(1, 'controller:1', 'worker:2', 'plain:1');
      const outcomes = await build(driver, plan, root);
      t.strictSame(
        outcomes.map(({ vm, error }) => [vm.hostname, error]),
        [
          ['controller-02', null],
          ['worker-20', null],
          ['worker-21', null],
          ['plain-60', null],
        ],
      );
      const [slice, ...others] = await driver.inspect({}, context);
      t.strictSame(others, []);
      const whose = {
        session: 'tester@here',
        created: '2026-01-02T03:04:05.000Z',
        expires: '2026-01-02T05:04:05.000Z',
      };
      t.match(slice, { slice: 1, root, ...whose });
      t.strictSame(slice?.vms.map(identity), plan.vms.map(identity));
      t.match(slice?.vms[0], {
        power: 'running',
        session: 'tester@here',
        created: '2026-01-02T03:04:05.000Z',
        image: 'mini/b1',
      });
      t.strictSame(slice?.networks.map(({ name, active }) => [name, active]).sort(), [
        ['bs1-data', true],
        ['bs1-net', true],
      ]);
      t.strictSame(
        slice?.vms.map((vm) => vm.plan),
        plan.vms,
        'it says what it was built from',
      );
      t.strictSame(new Set(slice?.networks.flatMap(({ plans }) => plans)), new Set(plan.networks));
    });
  });

  t.test(`${title}: what VMs use is told by slice, and a wipe leaves other slices and what is not ours`, async (t) => {
    await withDriver(t, async (driver, root) => {
      await world.addForeignDomain('bs1-personal');
      await world.addForeignNetwork('bs1-lan', '192.168.77.0/24');
      const plans = await Promise.all([planOf(1, 'plain:2'), planOf(10, 'plain:1')]);
      await Promise.all(plans.map((plan) => build(driver, plan, root)));
      const usage = await driver.usage({}, context);
      t.strictSame(
        usage.vms.map(({ slice, hostname, power, memoryMiB }) => [slice, hostname, power, memoryMiB]),
        [
          [1, 'plain-60', 'running', 128],
          [1, 'plain-61', 'running', 128],
          [10, 'plain-60', 'running', 128],
        ],
      );
      t.equal((await driver.usage({ slice: 10 }, context)).vms.length, 1);

      await driver.destroy(1, context);
      const slices = await driver.inspect({}, context);
      t.strictSame(
        slices.map(({ slice, vms }) => [slice, vms.map(({ domain }) => domain)]),
        [[10, ['bs10-plain-60']]],
      );
      const domains = await world.domainNames();
      t.ok(domains.includes('bs1-personal') && domains.includes('bs10-plain-60'));
      t.notOk(domains.includes('bs1-plain-60'));
      const networks = await world.networkNames();
      t.ok(networks.includes('bs1-lan') && networks.includes('bs10-net'));
      t.notOk(networks.includes('bs1-net'));
    });
  });

  t.test(`${title}: destroying twice, or nothing, is done at once`, async (t) => {
    await withDriver(t, async (driver, root) => {
      await driver.destroy(1, context);
      await build(driver, await planOf(1, 'controller:1'), root);
      await driver.destroy(1, context);
      await driver.destroy(1, context);
      t.strictSame(await driver.inspect({}, context), []);
    });
  });

  t.test(`${title}: a slice that is destroyed for the next plan is built by it, whatever of it may stay`, async (t) => {
    await withDriver(t, async (driver, root) => {
      const plans = await Promise.all([
        planOf(1, 'controller:1'),
        planOf(1, 'controller:1'),
        planOf(1, 'controller:1', 'worker:1'),
        planOf(1, 'plain:1'),
      ]);
      for (const plan of plans) {
        await driver.destroy(1, context, plan);
        const [rest] = await driver.inspect({ slice: 1 }, context);
        t.strictSame(rest?.vms ?? [], [], 'no VM stays');
        await build(driver, plan, root);
        const [slice] = await driver.inspect({ slice: 1 }, context);
        t.strictSame(
          slice?.vms.map(({ hostname }) => hostname),
          plan.vms.map(({ hostname }) => hostname),
        );
        t.strictSame(
          slice?.networks.map(({ name, active }) => `${name} ${active}`).sort(),
          plan.networks.map(({ bridge }) => `${bridge} true`).sort(),
        );
      }
    });
  });

  t.test(`${title}: the old slice is in nobody's way, what is not ours is`, async (t) => {
    await withDriver(t, async (driver, root) => {
      const plan = await planOf(1, 'controller:1');
      await build(driver, plan, root);
      const [old] = await driver.inspect({ slice: 1 }, context);
      await t.resolves(driver.check(plan, old, context));
      await driver.destroy(1, context);

      await world.addForeignDomain('bs1-controller-02');
      await t.rejects(driver.check(plan, undefined, context), { code: 'name-taken', message: /bs1-controller-02/ });
      await world.removeForeign();
      await world.addForeignNetwork('bs1-net', '192.168.77.0/24');
      await t.rejects(driver.check(plan, undefined, context), { code: 'name-taken', message: /bs1-net/ });
      await world.removeForeign();
      await world.addForeignNetwork('office', '172.16.16.0/20');
      await t.rejects(driver.check(plan, undefined, context), {
        code: 'network-clash',
        message: /172\.16\.17\.0\/24.*office/,
      });
      await world.removeForeign();
      await t.resolves(driver.check(plan, undefined, context));
      t.strictSame(await driver.inspect({}, context), [], 'a check changes nothing');
    });
  });

  t.test(`${title}: a VM that fails is told, the others are built, and nothing of it is left`, async (t) => {
    await withDriver(t, async (driver, root) => {
      await world.addForeignDomain('bs1-worker-20');
      const outcomes = await build(driver, await planOf(1, 'controller:1', 'worker:2'), root);
      const failed = outcomes.filter(({ error }) => error !== null);
      t.strictSame(
        failed.map(({ vm }) => vm.hostname),
        ['worker-20'],
      );
      t.match(failed[0]?.error?.message, /bs1-worker-20/);
      const [slice] = await driver.inspect({ slice: 1 }, context);
      t.strictSame(
        slice?.vms.map(({ hostname }) => hostname),
        ['controller-02', 'worker-21'],
      );
      t.ok((await world.domainNames()).includes('bs1-worker-20'), 'the one in the way is still there');
    });
  });

  t.test(`${title}: a VM is turned off, and on again, as often as asked`, async (t) => {
    await withDriver(
      t,
      async (driver, root) => {
        const plan = await planOf(1, 'plain:2');
        await build(driver, plan, root);
        const [vm, other] = plan.vms;
        if (!vm || !other) throw new Error('the plan has two VMs');
        const powers = async (): Promise<unknown> =>
          (await driver.inspect({ slice: 1 }, context))[0]?.vms.map(({ power }) => power);
        for (const action of ['off', 'off', 'reset', 'reboot', 'shutdown'] as const) {
          await driver.power(vm, action, context);
          t.strictSame(await powers(), ['off', 'running'], action);
        }
        for (const action of ['start', 'start', 'reset'] as const) {
          await driver.power(vm, action, context);
          t.strictSame(await powers(), ['running', 'running'], action);
        }
        t.match(await driver.observe(vm, 1, context), { power: 'running' });
        await driver.power(other, 'off', context);
        t.match(await driver.observe(other, 1, context), { power: 'off' });
      },
      ['create', 'destroy', 'power'],
    );
  });

  t.test(`${title}: VMs are added beside those that stand, and taken away`, async (t) => {
    await withDriver(t, async (driver, root) => {
      await build(driver, await planOf(1, 'controller:1'), root);
      const [before] = await driver.inspect({ slice: 1 }, context);
      const plan = await planOf(1, 'controller:2', 'plain:1');
      const only = new Set(['controller-03', 'plain-60']);
      const outcomes = await build(driver, plan, root, context, { only, created: '2026-02-02T02:02:02.000Z' });
      t.strictSame(
        outcomes.map(({ vm, error }) => [vm.hostname, error]),
        [
          ['controller-03', null],
          ['plain-60', null],
        ],
      );
      const [grown] = await driver.inspect({ slice: 1 }, context);
      t.strictSame(grown?.vms[0], before?.vms[0], 'the old one is as it was');
      t.match(grown?.vms[1], { hostname: 'controller-03', created: '2026-02-02T02:02:02.000Z' });
      t.strictSame(grown?.networks, before?.networks);

      const gone = grown?.vms.filter(({ hostname }) => only.has(hostname)) ?? [];
      await driver.remove({ vms: gone, networks: [] }, 1, context);
      await driver.remove({ vms: gone, networks: [] }, 1, context);
      await build(driver, await planOf(1, 'controller:1'), root, context, { only: new Set<string>() });
      t.strictSame(await driver.inspect({ slice: 1 }, context), [before]);

      const networks = before?.networks.filter(({ name }) => name === 'bs1-data') ?? [];
      await driver.remove({ vms: before?.vms ?? [], networks }, 1, context);
      await driver.remove({ vms: [], networks }, 1, context);
      const [rest] = await driver.inspect({ slice: 1 }, context);
      t.strictSame([rest?.vms, rest?.networks.map(({ name }) => name)], [[], ['bs1-net']]);
    });
  });

  t.test(`${title}: VMs are kept as they are at one instant, and brought back as often as asked`, async (t) => {
    await withDriver(t, async (driver, root) => {
      if (driver.features.snapshots === 'none' || world.snapshots === false) {
        t.pass('nothing is kept here');
        return;
      }
      const plan = await planOf(1, 'plain:2');
      await build(driver, plan, root);
      const [first, second] = plan.vms;
      if (!first || !second) throw new Error('the plan has two VMs');
      const powers = async (): Promise<unknown> =>
        (await driver.inspect({ slice: 1 }, context))[0]?.vms.map(({ power }) => power);
      await driver.power(second, 'off', context);
      const paths = slicePaths(root, 1);
      const request = { slice: 1, vms: plan.vms, directory: paths.snapshots, layers: paths.layers };
      const { vms: kept, failures } = await driver.keep(request, context);
      t.strictSame(failures, []);
      t.strictSame(
        kept.map(({ hostname, power }) => [hostname, power]),
        [
          ['plain-60', 'running'],
          ['plain-61', 'off'],
        ],
      );
      t.strictSame(await powers(), ['running', 'off'], 'they go on as they were');
      for (const action of ['off', 'reset'] as const) {
        await driver.power(first, action, context);
        await driver.power(second, 'start', context);
        t.strictSame(await driver.restore({ ...request, kept }, context), []);
        t.strictSame(await powers(), ['running', 'off']);
      }
      const raised = { ...context, signal: AbortSignal.abort() };
      await t.rejects(driver.keep(request, raised));
      await t.rejects(driver.restore({ ...request, kept }, raised));
      t.strictSame(await powers(), ['running', 'off'], 'nothing was done');
    });
  });

  t.test(`${title}: a raised signal ends every method before it does anything`, async (t) => {
    await withDriver(t, async (driver, root) => {
      const raised = { emit: () => undefined, signal: AbortSignal.abort() };
      const plan = await planOf(1, 'controller:1');
      await t.rejects(driver.inspect({}, raised));
      await t.rejects(driver.check(plan, undefined, raised));
      await t.rejects(driver.destroy(1, raised));
      await t.rejects(build(driver, plan, root, raised));
      await t.rejects(driver.remove({ vms: [], networks: [] }, 1, raised));
      await t.rejects(driver.usage({}, raised));
      t.strictSame(await driver.inspect({}, context), []);
    });
  });

  async function build(
    driver: Driver,
    plan: SlicePlan,
    root: string,
    as = context,
    changes: Partial<CreateRequest> = {},
  ): ReturnType<Driver['create']> {
    await prepareSliceDirectories(slicePaths(root, plan.slice));
    return await driver.create({ ...(await createRequest(plan, root)), ...changes }, as);
  }
}

type Identity = Pick<VmPlan & VmState, 'domain' | 'uuid' | 'role' | 'offset' | 'memoryMiB' | 'accessAddress'>;

function identity({ domain, uuid, role, offset, memoryMiB, accessAddress }: Identity): Identity {
  return { domain, uuid, role, offset, memoryMiB, accessAddress };
}

async function createRequest(plan: SlicePlan, root: string): Promise<CreateRequest> {
  const path = join(root, `base-${randomUUID()}.qcow2`);
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', path, '64M']);
  const image: ImageBuild = { slot: 'mini', build: 'b1', path, format: 'qcow2', virtualSize: 64 * 1024 ** 2 };
  const seed = { metaData: 'instance-id: x\n', userData: '#cloud-config\n', networkConfig: 'version: 2\n' };
  return {
    plan,
    images: new Map([['mini:default', Promise.resolve(image)]]),
    seeds: new Map(plan.vms.map(({ hostname }) => [hostname, seed])),
    created: '2026-01-02T03:04:05.000Z',
    session: 'tester@here',
    expires: '2026-01-02T05:04:05.000Z',
  };
}
