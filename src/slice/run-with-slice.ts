import type { Driver } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import { cycle, type CycleOptions } from './cycle.js';
import type { Lease } from './lease-slice.js';
import { wipe, type WipeResult } from './wipe.js';

export interface RunWithSliceOptions {
  readonly slice: number;
  /** The lease of the slice; null where it was chosen by its number. */
  readonly lease: Lease | null;
  /** The slice to make before; null for none. */
  readonly creation: CycleOptions | null;
  /** Runs the command to its end; resolves with its exit code. */
  readonly run: () => Promise<number>;
  readonly onFailure: 'keep' | 'wipe';
  readonly driver: Driver;
  readonly root: string;
  readonly outputDirectory: string;
  /** Milliseconds to wait for another process that changes the slice. */
  readonly lockTimeout: number;
}

export interface RunWithSliceResult {
  readonly version: 1;
  readonly slice: number;
  readonly exitCode: number;
  /** True if the slice stands as the command left it. */
  readonly kept: boolean;
  /** The result of the wipe after the command; null where the slice was kept. */
  readonly wiped: WipeResult | null;
}

/**
 * Builds the slice where that is asked for, runs the command, and wipes the slice, whatever the command did; a failure may
 * keep it to be looked at, an interruption does not. A slice that was neither leased nor made here stays as it is.
 *
 * @throws what `cycle` throws, after the wipe; what `wipe` throws, where all else went well
 */
export async function runWithSlice(options: RunWithSliceOptions, context: VerbContext): Promise<RunWithSliceResult> {
  const { slice, lease, creation, onFailure } = options;
  const ours = creation !== null || lease?.reused === false;
  const outcome = await attempt(options, context);
  const failed = outcome.exitCode !== 0;
  const keeps = !ours || (failed && onFailure === 'keep' && !context.signal.aborted);
  const wiped = keeps ? null : await cleanUp(options, failed, context);
  const kept = wiped === null;
  if (kept) await lease?.keep();
  if (kept && ours) context.emit({ type: 'note', message: `slice ${slice} is kept: virtbs -s ${slice} wipe ends it` });
  if ('error' in outcome) throw outcome.error;
  return { version: 1, slice, exitCode: outcome.exitCode, kept, wiped };
}

type Outcome = { readonly exitCode: number } | { readonly exitCode: null; readonly error: unknown };

async function attempt({ creation, run }: RunWithSliceOptions, context: VerbContext): Promise<Outcome> {
  try {
    if (creation) await cycle(creation, context);
    return { exitCode: await run() };
  } catch (error) {
    return { exitCode: null, error };
  }
}

/** Wipes also where the signal was raised: that was for the command. A wipe that fails does not hide an earlier failure. */
async function cleanUp(
  options: RunWithSliceOptions,
  failed: boolean,
  { emit }: VerbContext,
): Promise<WipeResult | null> {
  const { signal } = new AbortController();
  try {
    const wiped = await wipe({ ...options, dryRun: false }, { emit, signal });
    emit({ type: 'note', message: `slice ${options.slice} is wiped` });
    return wiped;
  } catch (error) {
    if (!failed || !(error instanceof Error)) throw error;
    emit({ type: 'warning', message: error.message });
    return null;
  }
}
