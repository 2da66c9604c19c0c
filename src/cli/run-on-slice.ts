import type { Command, CommandArguments, CommandContext, LeaseTerms } from './command.js';

const AUTO = 'auto';

/** Runs a command, on the slice that `--slice auto` stands for where that is asked for. */
export async function runOnSlice(
  command: Command,
  args: CommandArguments,
  context: CommandContext,
): Promise<number | void> {
  command.check?.(args);
  const { leases } = command;
  const slice = args.slice ?? (leases?.byDefault ? AUTO : undefined);
  if (slice !== AUTO || command.sliceless?.(args) === true) return await command.run?.(args, context);
  if (leases) return await runOnLease(command, { args, context, leases });
  const { findSessionSlice } = await import('./find-session-slice.js');
  return await command.run?.({ ...args, slice: String(await findSessionSlice(args, context)) }, context);
}

interface LeaseCall {
  readonly args: CommandArguments;
  readonly context: CommandContext;
  readonly leases: LeaseTerms;
}

async function runOnLease(command: Command, { args, context, leases }: LeaseCall): Promise<number | void> {
  const { openLease } = await import('./open-lease.js');
  await using lease = await openLease(args, { context, leases });
  return await command.run?.({ ...args, slice: String(lease.slice) }, { ...context, lease });
}
