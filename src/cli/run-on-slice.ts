import type { CommandCall, LeaseTerms, RunContext } from './command.js';

const AUTO = 'auto';

/** Runs a command, on the slice that `--slice auto` stands for where that is asked for. */
export async function runOnSlice(call: CommandCall, context: RunContext): Promise<number | void> {
  const { args, lease } = call;
  const slice = args.slice ?? (lease?.byDefault === true ? AUTO : undefined);
  if (call.isSliceless) return await call.run(undefined, context);
  if (slice === undefined) return await runOnConfiguredSlice(call, context);
  if (slice !== AUTO) return await call.run(undefined, context);
  if (lease) return await runOnLease(call, lease, context);
  const [{ openPlace }, { findSessionSlice }] = await Promise.all([
    import('./open-place.js'),
    import('../workplace/find-session-slice.js'),
  ]);
  await using place = openPlace(args, context);
  return await call.run(await findSessionSlice(place), context);
}

/** Runs a command on the slice that a file says, where there is one. */
async function runOnConfiguredSlice(call: CommandCall, context: RunContext): Promise<number | void> {
  const { args, topologyFile } = call;
  const { openPlace } = await import('./open-place.js');
  await using place = openPlace({ ...args, topologyFile }, context);
  if (!(await place.mayBeConfigured())) return await call.run(undefined, context);
  const { slice } = await place.configuration();
  return await call.run(slice, { ...context, read: () => place.sources() });
}

async function runOnLease(call: CommandCall, terms: LeaseTerms, context: RunContext): Promise<number | void> {
  const [{ openWorkplace }, { workplaceSettingsOf }, { createPausableReporter }, { createReporter }] =
    await Promise.all([
      import('../workplace/open-workplace.js'),
      import('./workplace-settings-of.js'),
      import('./render/pausable-reporter.js'),
      import('./render/reporter.js'),
    ]);
  const { topologyFile } = call;
  using reporter = createPausableReporter(() => createReporter(call.args, context));
  await using place = openWorkplace(workplaceSettingsOf({ ...call.args, topologyFile }, context, reporter.emit));
  await using lease = await place.lease(terms);
  reporter[Symbol.dispose]();
  return await call.run(lease.slice, { ...context, lease });
}
