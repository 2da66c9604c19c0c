import { resolve } from 'node:path';
import { openChosenDriver } from './open-chosen-driver.js';
import { lifeTime } from '../slice/slice-build.js';
import { leaseSlice, type Lease } from '../slice/lease-slice.js';
import type { CommandArguments, CommandContext, LeaseTerms } from './command.js';
import { describeSession } from './describe-session.js';
import { loadConfigurationFor, loadPlan } from './load-plan.js';
import { LOCK_TIMEOUT } from './lock-timeout.js';
import { createReporter } from './render/reporter.js';
import { parseTtl } from './ttl-option.js';

export interface LeaseCall {
  readonly context: CommandContext;
  readonly leases: LeaseTerms;
}

/** Leases a slice for a command. What is wrong with its arguments is told before anything is taken or torn down. */
export async function openLease(args: CommandArguments, { context, leases }: LeaseCall): Promise<Lease> {
  const { paths, lease: range } = await loadConfigurationFor(args, context);
  const { expires } = lifeTime(parseTtl(args));
  if (args['layers'] !== undefined) await loadPlan({ ...args, slice: String(range.first) }, context);
  const session = await describeSession(context);
  const root = resolve(context.cwd, args.root ?? paths.virtbsRoot);
  using reporter = createReporter(args, context);
  const driver = await openChosenDriver(args, context, { root, emit: reporter.emit });
  const outputDirectory = resolve(context.cwd, args.outputDir);
  const dryRun = args['dryRun'] === true;
  try {
    const lease = await leaseSlice(
      { driver, root, session, range, expires, until: leases.until, outputDirectory, timeout: LOCK_TIMEOUT, dryRun },
      { emit: reporter.emit, signal: context.signal },
    );
    return { ...lease, [Symbol.asyncDispose]: () => disposeBoth(lease, driver) };
  } catch (error) {
    await driver[Symbol.asyncDispose]();
    throw error;
  }
}

async function disposeBoth(lease: Lease, driver: AsyncDisposable): Promise<void> {
  try {
    await lease[Symbol.asyncDispose]();
  } finally {
    await driver[Symbol.asyncDispose]();
  }
}
