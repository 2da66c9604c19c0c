import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { createMemoryWorld, openMemoryDriver } from '../../src/driver/memory/memory-driver.js';
import { openDriver } from '../../src/driver/registry.js';
import type { Driver } from '../../src/driver/types.js';
import type { VerbContext, VirtbsEvent } from '../../src/events.js';
import { runProgram } from '../../src/process/run-program.js';
import { formatSession } from '../../src/session/format-session.js';
import { recognizeSession } from '../../src/session/recognize-session.js';
import type { Session } from '../../src/session/session.js';
import { cycle, type CycleOptions } from '../../src/slice/cycle.js';
import { leaseSlice, type Lease, type LeaseOptions } from '../../src/slice/lease-slice.js';
import { planOf } from '../plan/plan-of.js';

export interface LeaseBench {
  readonly driver: Driver;
  readonly root: string;
  readonly output: string;
  readonly events: VirtbsEvent[];
  readonly context: VerbContext;
  lease(session: Session, options?: Partial<LeaseOptions>): Promise<Lease>;
  /** What `cycle` of one VM is given. */
  build(slice: number, session: Session, ttl?: number): Promise<CycleOptions>;
  /** Builds one VM in a slice. */
  cycle(slice: number, session: Session, ttl?: number): Promise<void>;
  /** The slices that hold something. */
  slices(): Promise<readonly number[]>;
}

/** The drivers that need no host. */
export const DRIVERS = {
  memory: async (root: string) => openMemoryDriver(createMemoryWorld(), root),
  "libvirt's test driver": (root: string) => openDriver('libvirt', { connect: 'test:///default', root }),
} as const;

/** A run of a Jenkins executor. */
export function jenkinsRun(build: number, executor = 0): Session {
  const env = {
    BUILD_TAG: `jenkins-job-${build}`,
    BUILD_URL: `https://ci.example.org/job/${build}/`,
    NODE_NAME: 'big',
    EXECUTOR_NUMBER: String(executor),
  };
  const leader = { pid: 0, start: '0', boot: 'x' };
  return recognizeSession(env, { user: 'jenkins', host: 'big', tty: null, leader });
}

/** A hypervisor, an image that is a file, and folders; all slices are gone at the end. */
export async function setUpLeases(t: Test, open: (root: string) => Promise<Driver>): Promise<LeaseBench> {
  const directory = t.testdir({ root: {} });
  const [root, output, base] = ['root', 'output', 'base.qcow2'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  await mkdir(output);
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', base, '64M']);
  const driver = await open(root);
  const events: VirtbsEvent[] = [];
  const context = { emit: (event: VirtbsEvent) => void events.push(event), signal: new AbortController().signal };
  const slices = async () => (await driver.inspect({}, context)).map(({ slice }) => slice);
  t.teardown(async () => {
    for (const slice of await slices()) await driver.destroy(slice, context);
    await driver[Symbol.asyncDispose]();
  });
  const build: LeaseBench['build'] = async (slice, session, ttl) => ({
    plan: await planOf(slice, 'plain:1'),
    driver,
    images: { recipes: { mini: { image_download: { url: [base], insecure: true } } }, root },
    outputDirectory: output,
    jump: { address: 'lab.example.org', user: 'tester', port: 22 },
    session: formatSession(session),
    ttl,
    bootTimeout: 5000,
    lockTimeout: 5000,
    wait: false,
    dryRun: false,
    loadMilliseconds: 0,
  });
  return {
    driver,
    root,
    output,
    events,
    context,
    slices,
    build,
    lease: (session, options = {}) =>
      leaseSlice(
        {
          driver,
          root,
          session,
          range: { first: 1, last: 3 },
          expires: null,
          until: 'session',
          outputDirectory: output,
          lockTimeout: 5000,
          dryRun: false,
          ...options,
        },
        context,
      ),
    async cycle(slice, session, ttl) {
      await cycle(await build(slice, session, ttl), context);
    },
  };
}
