import type { Test } from 'tap';
import type { VirtbsEvent } from '../../src/events.js';
import type { Cloud } from '../../src/openstack/cloud.js';
import { openCloud, type OpenCloudOptions } from '../../src/openstack/open-cloud.js';
import { startFakeCloud, type FakeCloud, type FakeCloudOptions } from './fake-cloud.js';

export interface Bench {
  readonly fake: FakeCloud;
  readonly events: VirtbsEvent[];
  /** Signs in as `demo`, or as the variables say; short pauses before further attempts. */
  readonly open: (options?: Partial<OpenCloudOptions>) => Promise<Cloud>;
}

/** A fake cloud for one test; whatever is opened ends with it. */
export async function openBench(t: Test, options?: FakeCloudOptions): Promise<Bench> {
  const fake = await startFakeCloud(options);
  t.teardown(() => fake[Symbol.asyncDispose]());
  const events: VirtbsEvent[] = [];
  return {
    fake,
    events,
    async open(given) {
      const cloud = await openCloud({
        environment: fake.environment(),
        retryDelays: [1, 2, 3],
        emit: (event) => events.push(event),
        signal: new AbortController().signal,
        ...given,
      });
      t.teardown(() => cloud[Symbol.asyncDispose]());
      return cloud;
    },
  };
}
