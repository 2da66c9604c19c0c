import { join } from 'node:path';
import type { Test } from 'tap';
import { openDriver } from '../../src/driver/registry.js';
import type { Driver, DriverContext, VmOutcome } from '../../src/driver/types.js';
import type { VirtbsEvent } from '../../src/events.js';
import { slicePaths } from '../../src/filenames.js';
import { DEFAULT_OPENSTACK_SETTINGS, type OpenStackSettings } from '../../src/driver/openstack/openstack-settings.js';
import type { SlicePlan } from '../../src/plan/plan.js';
import { prepareSliceDirectories } from '../../src/slice/prepare-slice-directories.js';
import { FAST_CLOCK } from '../fast-clock.js';
import { startFakeCloud, type FakeCloud } from '../openstack/fake-cloud.js';

export const context = { emit: (): void => undefined, signal: new AbortController().signal };

export interface DriverBench {
  readonly fake: FakeCloud;
  readonly driver: Driver;
  readonly root: string;
  readonly events: VirtbsEvent[];
  /** A context whose events are kept. */
  readonly tell: DriverContext;
  readonly build: (plan: SlicePlan, signal?: AbortSignal, only?: ReadonlySet<string>) => Promise<readonly VmOutcome[]>;
}

interface DriverBenchOptions {
  /** In the root. */
  readonly files?: Readonly<Record<string, string>>;
  /** The cloud of another bench. */
  readonly fake?: FakeCloud;
  /** Who is made a user of project `demo` in it. */
  readonly user?: string;
}

/** A driver on a cloud in memory that has an image for slot `mini`. */
export async function openBench(
  t: Test,
  settings: Partial<OpenStackSettings> = {},
  { files = {}, fake: shared, user }: DriverBenchOptions = {},
): Promise<DriverBench> {
  const fake = shared ?? (await startFakeCloud());
  if (!shared) t.teardown(() => fake[Symbol.asyncDispose]());
  if (user !== undefined) fake.identity.addUser(user, 'demo');
  const root = shared ? join(t.testdirName, String(user)) : t.testdir(files);
  const events: VirtbsEvent[] = [];
  const tell = { ...context, emit: (event: VirtbsEvent) => void events.push(event) };
  const images = { mini: { name: 'lab-linux' } };
  const chosen: OpenStackSettings = { ...DEFAULT_OPENSTACK_SETTINGS, access: 'direct', images, ...settings };
  const driver = await openDriver('openstack', {
    connect: '',
    root,
    environment: fake.environment(user),
    settings: chosen,
    clock: FAST_CLOCK,
  });
  t.teardown(() => driver[Symbol.asyncDispose]());
  const seed = { metaData: '', userData: '#cloud-config\n', networkConfig: '' };
  return {
    fake,
    driver,
    root,
    events,
    tell,
    async build(plan, signal = context.signal, only) {
      await prepareSliceDirectories(slicePaths(root, plan.slice));
      const found = (await driver.findImages?.(plan, context)) ?? new Map();
      const request = {
        plan,
        images: new Map([...found].map(([name, image]) => [name, Promise.resolve(image)])),
        seeds: new Map(plan.vms.map(({ hostname }) => [hostname, seed])),
        created: '2026-01-02T03:04:05.000Z',
        session: 'tester@here',
        ...(only && { only }),
      };
      return await driver.create(request, { ...tell, signal });
    },
  };
}
